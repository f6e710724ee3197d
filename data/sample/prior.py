"""The style table: which categories, colours and prints each style usually wears, in K-Fashion's own words."""

from __future__ import annotations

from importlib import resources
from typing import Final

import msgspec
from msgspec import Struct

SLOT_OF_PART: Final = {"아우터": "outer", "상의": "top", "하의": "bottom", "원피스": "dress"}
PART_OF_SLOT: Final = {slot: part for part, slot in SLOT_OF_PART.items()}

CATEGORIES: Final[dict[str, tuple[str, ...]]] = {
    "outer": ("코트", "재킷", "가디건", "점퍼", "베스트", "짚업", "패딩"),
    "top": ("티셔츠", "블라우스", "니트웨어", "셔츠", "탑", "후드티", "브라탑"),
    "bottom": ("팬츠", "스커트", "청바지", "조거팬츠", "레깅스"),
    "dress": ("드레스", "점프수트"),
}
"""Categories of a slot, the commonest first."""

_ITEM_WORDS: Final = {
    "가디건": "가디건",
    "재킷": "재킷",
    "자켓": "재킷",
    "블레이저": "재킷",
    "블루종": "점퍼",
    "야상": "점퍼",
    "점퍼": "점퍼",
    "아노락": "점퍼",
    "윈드 브레이커": "점퍼",
    "스타디움": "점퍼",
    "후리스": "짚업",
    "집업": "짚업",
    "베스트": "베스트",
    "티셔츠": "티셔츠",
    "맨투맨": "티셔츠",
    "캐주얼 상의": "티셔츠",
    "스웨터": "니트웨어",
    "니트": "니트웨어",
    "블라우스": "블라우스",
    "폴로 셔츠": "티셔츠",
    "셔츠": "셔츠",
    "후드탑": "후드티",
    "브라탑": "브라탑",
    "크롭탑": "탑",
    "슬리브리스": "탑",
    "뷔스티에": "탑",
    "청바지": "청바지",
    "데님": "청바지",
    "벨보텀": "청바지",
    "조거": "조거팬츠",
    "트레이닝": "조거팬츠",
    "레깅스": "레깅스",
    "요가": "레깅스",
    "스커트": "스커트",
    "드레스": "드레스",
    "오버롤즈": "점프수트",
    "점프수트": "점프수트",
    "판초": "코트",
    "케이프": "코트",
    "로브": "코트",
    "코트": "코트",
    "카고팬츠": "팬츠",
    "팬츠": "팬츠",
    "슬렉스": "팬츠",
}
_COLOUR_WORDS: Final = {"버건디": "와인", "카멜": "브라운", "크림": "화이트"}
_PRINT_WORDS: Final = {
    "헤링본": "하운즈 투스",
    "하운드투스": "하운즈 투스",
    "기하학": "지그재그",
    "옵아트": "지그재그",
    "큐비즘": "아가일",
    "애니멀": "호피",
    "로고": "레터링",
    "카무플라주": "카무플라쥬",
}
_FOLDER_OF_STYLE: Final = {
    "캐주얼": "스트리트",
    "놈코어": "젠더리스",
    "뉴트로": "레트로",
    "엘레강스": "소피스트케이티드",
    "글래머러스": "섹시",
    "에스닉": "히피",
    "미니멀": "모던",
    "내추럴": "컨트리",
    "애슬레저": "스포티",
    "맥시멈": "아방가르드",
}
_ORDER: Final = (
    "캐주얼",
    "클래식",
    "로맨틱",
    "스포티",
    "히피",
    "펑크",
    "소피스트케이티드",
    "밀리터리",
    "컨트리",
    "프레피",
    "섹시",
    "뉴트로",
    "매니시",
    "모던",
    "리조트",
    "키치",
    "톰보이",
    "오리엔탈",
    "힙합",
    "애슬레저",
)
_FORMALITY: Final = {
    "캐주얼": 0.3,
    "클래식": 0.8,
    "로맨틱": 0.65,
    "스포티": 0.1,
    "히피": 0.35,
    "펑크": 0.2,
    "소피스트케이티드": 0.95,
    "밀리터리": 0.2,
    "컨트리": 0.45,
    "프레피": 0.7,
    "섹시": 0.75,
    "뉴트로": 0.25,
    "매니시": 0.85,
    "모던": 0.8,
    "리조트": 0.4,
    "키치": 0.3,
    "톰보이": 0.3,
    "오리엔탈": 0.6,
    "힙합": 0.1,
    "애슬레저": 0.05,
}


class StyleRow(Struct, frozen=True):
    """One style of the table, with words mapped to K-Fashion's vocabulary; ``folder`` is its annotated style."""

    name: str
    base: str
    folder: str
    formality: float
    categories: frozenset[str]
    colours: tuple[str, ...]
    tones: tuple[str, ...]
    prints: tuple[str, ...]


class _Raw(Struct):
    base_style: str
    style: str
    categories: list[str]
    items: list[str]
    colours: list[str]
    tones: list[str]
    prints: list[str]


def style_rows(count: int) -> tuple[StyleRow, ...]:
    """Read the first ``count`` styles (at most 20), so ordered that early ones differ most from each other."""
    text = resources.files("data.sample").joinpath("style_prior.json").read_bytes()
    table = {raw.style: raw for raw in msgspec.json.decode(text, type=list[_Raw])}
    return tuple(_row(table[name]) for name in _ORDER[: max(1, count)])


def _row(raw: _Raw) -> StyleRow:
    colours = dict.fromkeys(_COLOUR_WORDS.get(c, c) for c in raw.colours)
    prints = dict.fromkeys(_PRINT_WORDS.get(p, p) for p in raw.prints)
    return StyleRow(
        name=raw.style,
        base=raw.base_style,
        folder=_FOLDER_OF_STYLE.get(raw.style, raw.style),
        formality=_FORMALITY[raw.style],
        categories=frozenset(filter(None, map(_category, [*raw.items, *raw.categories]))),
        colours=tuple(colours),
        tones=tuple(raw.tones),
        prints=tuple(prints),
    )


def _category(word: str) -> str | None:
    return next((category for part, category in _ITEM_WORDS.items() if part in word), None)
