"""Caveats and method of the scorecard in words."""

NOTES: dict[str, dict[str, str]] = {
    "en": {
        "low_coverage": "Fewer than {target:%} of customers answered in {missed:n} of {periods:n} {periods:period|periods} (at the least {lowest:%}): those who did not answer may think otherwise.",
        "no_response_rate": "How many were invited is not known. A table named in `[response_rate]` would show the response rate and how much of the customer base answered.",
        "response_rate_elsewhere": "The table of invitations does not tell the groups that this page is restricted to, or has no rows of its period: no response rate is shown.",
    },
    "zh": {
        "low_coverage": "{periods:n} 个期间中有 {missed:n} 个期间的作答客户不足 {target:%}（最低 {lowest:%}）：未作答的客户可能另有看法。",
        "no_response_rate": "邀请人数未知。若在 `[response_rate]` 中指定数据表，即可报告回收率以及作答者占客户总数的比例。",
        "response_rate_elsewhere": "邀请记录表不区分本页所限定的组别，或没有该期间的数据：因此不报告回收率。",
    },
}

METHOD = {
    "en": {
        "scores": "Satisfaction is reported as an index, 100 × (mean − lowest) / (highest − lowest); means carry Student’s t intervals, shares Wilson’s. The net promoter score is the share of 9–10 minus the share of 0–6; its variance is $(p + d - (p - d)^2)/n$. Differences between groups and between periods are computed as one contrast by sampling unit, so that groups of the same clusters or strata are not taken for independent samples (without either: Welch’s t, and Newcombe’s interval for shares). Changes since the previous and the first period are one family of tests.",
        "response": "The response rate is the number of answers over the number of invitations (AAPOR’s RR1 where everybody invited was eligible), with Wilson’s interval; coverage sets the answers of a period against its customers, so that one who answered twice counts twice.",
        "peers": "A unit is set beside all other answers of the same period, not beside the whole that it is part of: the difference is one linearised contrast, tested over all headline figures together, and drawn in standard deviations of the others’ answers so that figures of different scales share an axis (a tenth is little, half is much).",
        "reference": "Reichheld (2003), *Harvard Business Review* 81(12); Wilson (1927), *JASA* 22; Kish (1965), *Survey Sampling*.",
    },
    "zh": {
        "scores": "满意度以指数报告，即 100 ×（均值 − 最低分）/（最高分 − 最低分）；均值采用 t 区间，比例采用 Wilson 区间。净推荐值为 9–10 分的比例减去 0–6 分的比例，其方差为 $(p + d - (p - d)^2)/n$。组间差异与期间变化按抽样单元线性化为一个对比，因此来自相同整群或同一层的组别不被视为独立样本（无分层与整群时采用 Welch t 检验，比例采用 Newcombe 区间）。与上期和首期相比的变化属于同一检验族。",
        "response": "回收率为回收数与邀请数之比（若所有受邀者均合格，即 AAPOR 的 RR1），附 Wilson 区间；覆盖率为某一期间的答卷数与该期间客户数之比，作答两次者计两次。",
        "peers": "单位与同一期间的其余全部答卷相比，而不与包含其自身的总体相比：差异作为一个线性化对比估计，对全部核心数字一并检验；图中以其余答案的标准差为单位，使不同量尺的数字可以同轴（0.1 为小，0.5 为大）。",
        "reference": "Reichheld (2003), *Harvard Business Review* 81(12); Wilson (1927), *JASA* 22; Kish (1965), *Survey Sampling*.",
    },
}
