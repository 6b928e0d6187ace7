"""What in a text reads like something measured: times, shares, factors, sizes and rates."""

from __future__ import annotations

import re

NUMBER = r"\.?\d[\d.,]*(?:e[+-]?\d+)?"
TIME = (
    r"(?:nano|micro|milli|[nuµμm])?s(?:ec(?:ond)?s?)?|min(?:ute)?s?|h(?:(?:ou)?rs?)?|days?|weeks?"
)
TIMES = "\N{MULTIPLICATION SIGN}"
COMPARED = "as|faster|slower|quicker|longer|shorter|more|less|larger|bigger|smaller"
UNIT = (
    rf"[\s-]?(?:{TIME}|[kMGT]i?B|[kMG]?Hz|fold)\b"
    rf"|(?:\s?[^\W\d]+)?\s?(?:/|\bper\s)\s?(?:{TIME})\b"
    rf"|\s?(?:%|percent\b|{TIMES}(?!\s?\d))|x\b|\s(?:x|times)(?=\s(?:{COMPARED})\b)"
)
IN_DIGITS = rf"(?<![\w.])(?<!\w-)(?:{NUMBER}[hm-])*{NUMBER}(?:{UNIT})"  # 10-20 ms, 1m30s

ONES = "one|two|three|four|five|six|seven|eight|nine"
TEENS = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
TENS = rf"(?:twen|thir|for|fif|six|seven|eigh|nine)ty(?:-(?:{ONES}))?"
MANY = "dozen|hundred|thousand|million|billion"
WORDS = (
    rf"(?:(?:(?:an?|{ONES}|{TEENS}|{TENS})\s+)?(?:{MANY})|(?:{MANY}|ten)s\s+of|a\s+couple\s+of"
    rf"|{ONES}|{TEENS}|{TENS})"
)
ORDINALS = (
    "third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|twelfth|twentieth|hundredth|thousandth"
)
PART = rf"(?:half|(?:an?|{ONES}|{TEENS})[\s-]+(?:half|quarter|{ORDINALS})s?)"
PERIOD = r"(?:nano|micro|milli)?seconds?|minutes?|hours?|days?|weeks?"
OF_A_RUN = "time|speed|cost|price|memory|space|size|rate|latency|delay|throughput|duration|load"
"""What a run has, so that a share or a multiple of it was measured."""
ADJECTIVE = "fast|quick|slow|soon|long|short|much|many|large|big|small|often|high|low|heavy|cheap"
IN_WORDS = (
    # two seconds, ten-minute, a hundred percent; ten calls a second; three times as fast
    rf"\b(?:{WORDS}[\s-]+(?:(?:{PERIOD}|percent|fold|[kMGT]i?B|[nuµm]s)\b"
    rf"|(?:\w+\s+)?(?:per|each|every)\s+(?:{PERIOD})\b|times(?=\s+(?:{COMPARED})\b))"
    rf"|(?!one\b){WORDS}\s+\w+s\s+an?\s+(?:{PERIOD})\b"
    rf"|(?:{ONES}|{TEENS})fold\b"
    # twice as fast; half the time, a sixth of its usual time; half a second; doubles the speed
    rf"|(?:twice|{PART})\s+as\s+(?:{ADJECTIVE})\b"
    rf"|(?:twice|{PART}(?:\s+of)?|(?:halve|double|triple)[sd]?)\s+(?:the|its|their|that|this)\s+"
    rf"(?:\w+\s+)?(?:{OF_A_RUN})\b"
    rf"|{PART}\s+(?:of\s+)?an?\s+(?:{PERIOD})\b)"
)
"""Never a number alone, nor what is only counted: two ways, one at a time, printed twice."""

MEASURABLE = re.compile(f"{IN_DIGITS}|{IN_WORDS}", re.IGNORECASE)


def quantities(text: str) -> list[tuple[int, str]]:
    """Return what may have been measured, each on one line, with its place in the text."""
    return [(match.start(), " ".join(match[0].split())) for match in MEASURABLE.finditer(text)]
