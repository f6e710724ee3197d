"""Drawing of the sample's photos: a figure, what it wears and where it stands, in units of the figure's height."""
