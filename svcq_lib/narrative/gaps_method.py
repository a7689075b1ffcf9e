"""Caveats and method of the gap analysis in words."""

NOTES = {
    "en": {
        "no_expectations": "Expectations were not asked: the report speaks of perceptions only, and no gap can be computed.",
        "no_importance_points": "Importance points were not asked for every dimension: the overall gap weighs dimensions alike.",
        "items_without_pair": "{items:n} {items:question lacks|questions lack} an expectation or a perception and {items:is|are} left out.",
    },
    "zh": {
        "no_expectations": "问卷未询问期望：报告只涉及感知，无法计算差距。",
        "no_importance_points": "并非每个维度都询问了重要性分值：总体差距对各维度同等加权。",
        "items_without_pair": "{items:n} 个题项缺少期望或感知，未予采用。",
    },
}

METHOD = {
    "en": {
        "gaps": "The gap of a question is perception − expectation of the same respondent; expectation and perception are shown for exactly these respondents. A dimension is the respondent’s mean over its questions, the overall gap the mean of the dimensions. The weighted gap uses each respondent’s own importance points. The effect size is the mean gap divided by its standard deviation; shares of the gap carry block-bootstrap intervals ({n_boot:n} replicates, seed {seed}).",
        "gaps_perception": "Only perceptions were asked (SERVPERF); a dimension is the respondent’s mean over its questions, the overall rating the mean of the dimensions.",
        "reference": "Parasuraman, Zeithaml and Berry (1988), *Journal of Retailing* 64(1); Cronin and Taylor (1992), *Journal of Marketing* 56(3); Feldt (1965), *Psychometrika* 30; Holm (1979), *Scandinavian Journal of Statistics* 6.",
    },
    "zh": {
        "gaps": "题项差距为同一受访者的感知减期望；期望与感知均值也只按这些受访者计算。维度取受访者各题项的均值，总体差距取各维度的均值。加权差距使用每位受访者自己的重要性分值。效应量为差距均值除以其标准差；占总差距的比例附分块自助法区间（{n_boot:n} 次，种子 {seed}）。",
        "gaps_perception": "问卷只询问感知（SERVPERF）；维度取受访者各题项的均值，总体评分取各维度的均值。",
        "reference": "Parasuraman, Zeithaml and Berry (1988), *Journal of Retailing* 64(1); Cronin and Taylor (1992), *Journal of Marketing* 56(3); Feldt (1965), *Psychometrika* 30; Holm (1979), *Scandinavian Journal of Statistics* 6.",
    },
}
