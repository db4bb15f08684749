"""Leaves out what a parent says the question is *not* about: of 不是声音问题，是画面黑的 only 画面黑的 is asked.

A search counts what is named, and a denied topic is named as loudly as the one that is meant. Guards read the whole
message; this is for finding entries only.
"""

import re

_SIGN = r"[，,；;。\s]"
# 不是说能退吗 and 不是已经付了吗 object to something and deny nothing; 是不是 asks.
_DENIED = r"(?<!是)(?:并)?不是(?!说|讲|已经|应该|可以|能|写|都|会|有|吗)"
_MEANT = r"(?:而是|就是|只是|是|就|只|光|单|想|要|我想|我要|我是|我问|问)"
_FIRST = re.compile(rf"^(?:我|咱|俺|这|这个)?{_DENIED}[^，,；;。？?]{{1,14}}?{_SIGN}+(?=我?{_MEANT})")
_ONLY = re.compile(
    rf"^(?:我|咱)?不(?!是|能|会|知|晓|懂)[^，,；;。？?]{{1,8}}{_SIGN}+(?=我?(?:只|就|光)(?:想|要|是|问))"
)
_LAST = re.compile(rf"{_SIGN}+(?:而|可|也)?{_DENIED}[^，,；;。？?]{{1,14}}(?<![吗么呢])[。.！!]?$")
_LEAD = re.compile(r"^(?:而是|就是|只是|是|我是)(?!否|不)")
SHORTEST_LEFT = 2


def without_denied(plain: str) -> str:
    """Return a plain text without its denied part; the whole text when nothing would be left to ask."""
    left = _LAST.sub("", _ONLY.sub("", _FIRST.sub("", plain)))
    if left == plain or len(left) < SHORTEST_LEFT:
        return plain
    return _LEAD.sub("", left) or left
