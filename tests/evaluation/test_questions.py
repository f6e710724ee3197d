from __future__ import annotations

from pathlib import Path

import pytest

from evaluation.questions import Cir, Compat, Fitb, QuestionError, Questions, read_questions, write_questions

GOOD = Questions(
    fitb=(Fitb("o1", ("a",), ("b", "c"), 1), Fitb("o2", (), ("b", "c", "코트"), 0)),
    compat_hard=(Compat("o1", ("a", "b"), 1),),
    cir=(Cir("o1", ("a",), "b", ("b", "c")),),
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_questions(GOOD, tmp_path / "q")
    assert read_questions(tmp_path / "q") == GOOD
    assert sorted(p.name for p in (tmp_path / "q").iterdir()) == ["cir.jsonl", "compat_hard.jsonl", "fitb.jsonl"]
    assert len(GOOD) == 4


def test_absent_files_are_empty(tmp_path: Path) -> None:
    assert read_questions(tmp_path) == Questions()


def test_absent_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match=r"nowhere: folder: no such folder"):
        read_questions(tmp_path / "nowhere")


def test_byte_order_mark_and_further_fields_are_read_over(tmp_path: Path) -> None:
    line = '{"outfit":"o","items":["a"],"label":0,"note":"x"}\n'
    (tmp_path / "compat.jsonl").write_text("\ufeff" + line + line, encoding="utf-8")
    assert read_questions(tmp_path).compat == (Compat("o", ("a",), 0),) * 2


@pytest.mark.parametrize(
    ("name", "line", "field", "reason"),
    [
        ("fitb", '{"outfit":"o","context":["a"],"candidates":["b","c"],"answer":2}', "answer", "no position"),
        ("fitb", '{"outfit":"o","context":["a"],"candidates":["b","c"],"answer":-1}', "answer", "no position"),
        ("fitb", '{"outfit":"o","context":["a"],"candidates":["b","b"],"answer":0}', "candidates", "twice"),
        ("fitb_hard", '{"outfit":"o","context":["a"],"candidates":["b"],"answer":0}', "candidates", "at least 2"),
        ("fitb", '{"outfit":"o","context":["a"],"candidates":["b","c"]}', "answer", "missing"),
        ("fitb", '{"outfit":"o","context":[7],"candidates":["b","c"],"answer":0}', "context", "str"),
        ("compat", '{"outfit":"o","items":["a"],"label":2}', "label", "0 or 1"),
        ("compat_hard", '{"outfit":"o","items":[],"label":1}', "items", "without items"),
        ("cir", '{"outfit":"o","context":["a"],"target":"b","pool":["c"]}', "target", "not in the pool"),
        ("cir", '{"outfit":"o","context":["a"],"target":"b","pool":["b","b"]}', "pool", "twice"),
        ("cir", '{"outfit":"o","context":["a"],"tar', "line", "malformed"),
        ("cir", "", "line", "empty"),
        ("cir", "[1, 2]", "line", "object"),
    ],
)
def test_bad_line_is_named(tmp_path: Path, name: str, line: str, field: str, reason: str) -> None:
    good = {"f": GOOD.fitb[0], "c": GOOD.compat_hard[0]}[name[0]] if name != "cir" else GOOD.cir[0]
    write_questions(Questions(**{name: (good,)}), tmp_path)
    file = tmp_path / f"{name}.jsonl"
    file.write_text(file.read_text() + line + "\n")
    with pytest.raises(QuestionError) as error:
        read_questions(tmp_path)
    assert (error.value.file, error.value.line) == (file, 2)
    assert field in error.value.field
    assert reason in error.value.reason
    assert str(error.value).startswith(f"{file}:2: ")


def test_bytes_that_are_no_utf8_are_named(tmp_path: Path) -> None:
    (tmp_path / "compat.jsonl").write_bytes('{"outfit":"코","items":["a"],"label":0}\n'.encode("cp949"))
    with pytest.raises(QuestionError, match=r"compat\.jsonl:1"):
        read_questions(tmp_path)


def test_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    write_questions(GOOD, tmp_path)
    before = (tmp_path / "fitb.jsonl").read_bytes()
    with pytest.raises(TypeError):
        write_questions(Questions(fitb=(GOOD.fitb[0], object())), tmp_path)  # type: ignore[arg-type]
    assert (tmp_path / "fitb.jsonl").read_bytes() == before
    assert not list(tmp_path.glob(".*"))
