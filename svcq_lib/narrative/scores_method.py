"""Caveats and method of the scorecard in words."""

NOTES: dict[str, dict[str, str]] = {"en": {}, "zh": {}}

METHOD = {
    "en": {
        "scores": "Satisfaction is reported as an index, 100 × (mean − lowest) / (highest − lowest); means carry Student’s t intervals, shares Wilson’s. The net promoter score is the share of 9–10 minus the share of 0–6; its variance is $(p + d - (p - d)^2)/n$. Changes compare two periods as independent samples.",
        "reference": "Reichheld (2003), *Harvard Business Review* 81(12); Wilson (1927), *JASA* 22; Kish (1965), *Survey Sampling*.",
    },
    "zh": {
        "scores": "满意度以指数报告，即 100 ×（均值 − 最低分）/（最高分 − 最低分）；均值采用 t 区间，比例采用 Wilson 区间。净推荐值为 9–10 分的比例减去 0–6 分的比例，其方差为 $(p + d - (p - d)^2)/n$。变化按两个独立样本比较。",
        "reference": "Reichheld (2003), *Harvard Business Review* 81(12); Wilson (1927), *JASA* 22; Kish (1965), *Survey Sampling*.",
    },
}
