"""Caveats and method of the effects report in words."""

NOTES = {
    "en": {
        "effects_no_control": "Every one of the {units:n} units had the programme: without units to compare with, only the break in their own path can be shown.",
        "effects_one_unit": "One of the groups is a single unit: errors cannot be estimated from it. The p-values say how often another of the {units:n} units would have stood out as much; there are no intervals.",
        "effects_few_units": "The smaller group has {units:n} units: with so few, even bootstrapped errors can be far off.",
        "effects_empty_cells": "{cells:n} of {total:n} combinations of unit and period have no answers and are left out.",
        "effects_short_before": "There {periods:is|are} only {periods:n} {periods:period|periods} before the start: whether the groups ran alike cannot be tested.",
        "effects_period": "The report is about {period:period}; earlier answers are used as well, because an effect needs a time before.",
        "effects_part_of_after": "Only the part of the time after the start that lies in {period:period} counts as after.",
        "effects_series": "The broken line through the units’ own path rests on {periods:n} periods (errors with lag {lag}); it credits the programme with everything else that changed.",
        "effects_diverging": "{terms:list}: the groups differed before the start at the {level:%} level; no effect is claimed there.",
        "effects_placebo": "{terms:list}: a start pretended in {period:period}, when nothing began, shows an “effect” too; read {terms:it|them} with doubt.",
        "effects_few_draws": "With {draws:n} bootstrap replicates no p-value can be small enough for {figures:n} figures after adjustment: raise n_boot.",
        "effects_hidden": "{terms:list}: too few answers in one of the four groups; not shown.",
        "effects_shared_items": "{terms:list} act on some of the same questions: what each contributed cannot be told apart.",
    },
    "zh": {
        "effects_no_control": "全部 {units:n} 个单位都实施了项目：没有对照单位，只能显示其自身走势的变化。",
        "effects_one_unit": "其中一组只有一个单位，无法由其估计误差。p 值表示 {units:n} 个单位中其他单位同样突出的频率；不给出区间。",
        "effects_few_units": "较小的一组只有 {units:n} 个单位：单位如此之少，自助法误差也可能很不准确。",
        "effects_empty_cells": "{total:n} 个单位与期间的组合中有 {cells:n} 个没有答卷，予以略去。",
        "effects_short_before": "项目开始之前只有 {periods:n} 个期间：两组是否平行无法检验。",
        "effects_period": "报告针对{period:period}；因评估效果需要前期，更早的答卷也一并使用。",
        "effects_part_of_after": "只有{period:period}以内的时间计入后期。",
        "effects_series": "试点单位自身走势的间断直线只依据 {periods:n} 个期间（误差滞后 {lag} 期）；它会把同期其他变化都算作项目效果。",
        "effects_diverging": "{terms:list}：在 {level:%} 水平上两组此前已不平行；不对其断言效果。",
        "effects_placebo": "{terms:list}：以{period:period}作为虚拟开始期（当时并未开始任何项目）也显示“效果”；解读时请存疑。",
        "effects_few_draws": "自助法只有 {draws:n} 次，{figures:n} 项指标经校正后不可能得到足够小的 p 值：请增大 n_boot。",
        "effects_hidden": "{terms:list}：四组之一的答卷过少，不予显示。",
        "effects_shared_items": "{terms:list}针对部分相同的题项：各自的贡献无法区分。",
    },
}

METHOD = {
    "en": {
        "effects": "An effect is a difference-in-differences: by how much more a figure changed, from before the start to after the ramp, in units with the programme than in those without, by least squares with an effect of each unit and each period, weighted by answers. A dimension is the mean of its perceptions, because that is what a programme acts on. Months of partial effect count neither as before nor as after, because they would dilute the effect.",
        "errors_wild": "Answers of one unit go together, so errors are clustered by unit; with fewer than forty units they come from the wild cluster bootstrap (Webb’s weights, hypothesis imposed, {n_boot:n} replicates, seed {seed}), because the usual formula is too narrow there. Intervals invert that test.",
        "errors_cluster": "Answers of one unit go together, so errors are clustered by unit (CR2, Satterthwaite’s degrees of freedom).",
        "errors_permutation": "With a single unit in a group, p-values come from giving the programme to other units ({n_boot:n} draws at most, seed {seed}).",
        "checks": "Whether the groups ran alike before the start is tested jointly over all periods before it; an effect is claimed only if this test does not reject and the adjusted test of the effect does. A pretended start in the middle of the time before, and a pretended choice of units, are further checks. Intervals of the single periods are not adjusted.",
        "series": "The second opinion is an interrupted time series of the units with the programme alone: a line whose level and slope may change after the ramp, with Newey–West errors, but never smaller than those of independent periods, since in short series they are too small; from two years of months on a yearly wave is fitted too. Cumulative is the sum over periods.",
        "ledger": "A promise counts as kept if the whole interval of the measured lift lies above the low end of what was promised, and as not kept if it lies below it: the low end is the least that was to come.",
        "power": "Power takes the variance of answers within a unit and month, and of a unit between months beyond that, from this study, and assumes that shocks of single months do not last.",
        "reference": "Angrist and Pischke (2009), *Mostly Harmless Econometrics*; Bell and McCaffrey (2002), *Survey Methodology* 28; Cameron, Gelbach and Miller (2008), *Review of Economics and Statistics* 90; Webb (2023), *Canadian Journal of Economics* 56; Newey and West (1987), *Econometrica* 55; Roth (2022), *AER: Insights* 4; Holm (1979), *Scandinavian Journal of Statistics* 6.",
    },
    "zh": {
        "effects": "效果为双重差分：从项目开始前到过渡期之后，试点单位的指标比对照单位多变化了多少；以最小二乘估计，含各单位与各期间的固定效应，按答卷加权。维度取感知的均值，因为项目作用于感知。过渡月份既不计入前期也不计入后期，因为会冲淡效果。",
        "errors_wild": "同一单位的答卷彼此相关，故误差按单位聚类；单位少于四十个时用野聚类自助法（Webb 权数，施加原假设，{n_boot:n} 次，种子 {seed}），因为通常公式此时偏窄。区间由该检验反推。",
        "errors_cluster": "同一单位的答卷彼此相关，故误差按单位聚类（CR2，Satterthwaite 自由度）。",
        "errors_permutation": "一组只有一个单位时，p 值由把项目随机分派给其他单位得到（至多 {n_boot:n} 次，种子 {seed}）。",
        "checks": "两组在项目开始前是否平行，以此前各期间联合检验；只有该检验不拒绝、且效果的校正检验显著时，才断言有效果。另以前期中点为虚拟开始期、以虚拟的试点单位作进一步核对。单个期间的区间未作校正。",
        "series": "第二种看法是仅用试点单位的间断时间序列：直线的水平与斜率在过渡期后可以改变，误差为 Newey–West，且不小于各期独立时的误差（短序列中前者偏小）；满两年的月度数据另加年度周期项。累计为各期间之和。",
        "ledger": "若实测提升的整个区间高于承诺下限，则视为已兑现；若整个区间低于下限，则视为未兑现：下限是承诺的最低水平。",
        "power": "检验效能所用的单位×月份内方差以及单位各月之间的额外方差来自本研究，并假定单月波动不会持续。",
        "reference": "Angrist and Pischke (2009), *Mostly Harmless Econometrics*; Bell and McCaffrey (2002), *Survey Methodology* 28; Cameron, Gelbach and Miller (2008), *Review of Economics and Statistics* 90; Webb (2023), *Canadian Journal of Economics* 56; Newey and West (1987), *Econometrica* 55; Roth (2022), *AER: Insights* 4; Holm (1979), *Scandinavian Journal of Statistics* 6.",
    },
}
