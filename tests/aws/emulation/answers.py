"""What must come of each sample event: tests/fixtures/event_answers.json, which the suite `lambda` reads too."""

import json
from pathlib import Path


def expectations(root: Path, function: str) -> dict[str, dict]:
    """What must come of each sample of a function, by its path below events/."""
    table = json.loads((root / "tests/fixtures/event_answers.json").read_text(encoding="utf-8"))
    return {event: table[event] for event in sorted(table) if event.startswith(f"{function}/")}


def faults(answer: bytes, expected: dict, is_streamed: bool) -> list[str]:
    """In what an answer is not as it must be."""
    if "status" not in expected:
        return _differences(json.loads(answer), expected["answer"])
    head, body = _streamed(answer) if is_streamed else _buffered(answer)
    found = []
    if head.get("statusCode") != expected["status"]:
        found.append(f"status {head.get('statusCode')} instead of {expected['status']}: {head} {body[:500]!r}")
    for name, value in expected.get("headers", {}).items():
        if head.get("headers", {}).get(name) != value:
            found.append(f"{name}: {head.get('headers', {}).get(name)} instead of {value}")
    if "body" in expected and not found:
        found += _differences(json.loads(body), expected["body"])
    if "picture" in expected and expected["picture"].encode() not in body[:16]:
        found.append(f"no {expected['picture']} in {body[:16]!r}")
    return found


def _buffered(answer: bytes) -> tuple[dict, bytes]:
    head = json.loads(answer)
    return head, (head.get("body") or "").encode()


def _streamed(answer: bytes) -> tuple[dict, bytes]:
    # The emulator answers in one piece what a function URL streams: the head, eight zero bytes, the body.
    head, _, body = answer.partition(b"\0" * 8)
    return json.loads(head), body


def _differences(document: object, expected: dict) -> list[str]:
    found = ((pointer, _at(document, pointer), value) for pointer, value in expected.items())
    return [f"{pointer}: {is_!r} instead of {value!r}" for pointer, is_, value in found if is_ != value]


def _at(document: object, pointer: str) -> object:
    """The value at a JSON Pointer (RFC 6901); None where there is nothing."""
    for step in pointer.split("/")[1:]:
        if isinstance(document, list):
            document = document[int(step)] if int(step) < len(document) else None
        else:
            document = document.get(step) if isinstance(document, dict) else None
    return document
