"""The masked-item outfit model (BERT4Rec over sets) and its compatibility score."""

from bert4rec.config import Bert4RecConfig, ConfigError

__all__ = ["Bert4RecConfig", "ConfigError"]
