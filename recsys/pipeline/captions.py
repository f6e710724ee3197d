"""Korean category and colour names in English, for pictures whose fonts hold no Hangul."""

from __future__ import annotations

import unicodedata

ENGLISH = {
    "코트": "coat",
    "재킷": "jacket",
    "점퍼": "jumper jacket",
    "패딩": "padded jacket",
    "베스트": "vest",
    "가디건": "cardigan",
    "짚업": "zip-up",
    "탑": "top",
    "블라우스": "blouse",
    "티셔츠": "t-shirt",
    "니트웨어": "knit",
    "셔츠": "shirt",
    "브라탑": "bra top",
    "후드티": "hoodie",
    "청바지": "jeans",
    "팬츠": "trousers",
    "스커트": "skirt",
    "래깅스": "leggings",
    "조거팬츠": "joggers",
    "드레스": "dress",
    "점프수트": "jumpsuit",
    "아우터": "outerwear",
    "상의": "top",
    "하의": "bottom",
    "원피스": "dress",
    "블랙": "black",
    "화이트": "white",
    "그레이": "grey",
    "레드": "red",
    "핑크": "pink",
    "오렌지": "orange",
    "베이지": "beige",
    "브라운": "brown",
    "옐로우": "yellow",
    "그린": "green",
    "카키": "khaki",
    "민트": "mint",
    "블루": "blue",
    "네이비": "navy",
    "스카이블루": "sky blue",
    "퍼플": "purple",
    "라벤더": "lavender",
    "와인": "wine",
    "네온": "neon",
    "골드": "gold",
    "실버": "silver",
}


def in_english(word: str) -> str:
    """The English word for a Korean one; other words as they are, less what a plain font cannot draw."""
    if word in ENGLISH:
        return ENGLISH[word]
    return "".join(c for c in unicodedata.normalize("NFC", word) if ord(c) < 0x250).strip()
