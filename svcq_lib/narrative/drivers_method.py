"""Caveats and method of the driver analysis in words."""

NOTES = {
    "en": {
        "constant_outcome": "“{term}” has the same answer throughout: there is nothing to explain.",
        "constant_term": "“{term}” has the same answer throughout and can explain nothing; it is left out.",
        "too_few_for_drivers": "The smallest pair of questions has {n:n} {n:answer|answers}: too few to separate {terms:n} drivers.",
        "repaired_correlation": "The pairwise correlations contradict each other slightly; they were moved by at most {max_change:2} to a proper matrix (eigenvalues raised).",
        "collinear_terms": "Some drivers say nearly the same (largest variance inflation {vif:1}, above {limit:0}): their shares are split between them and their coefficients are unstable.",
        "negative_drivers": "{terms:list} {terms:goes|go} with a lower outcome once the others are held equal.",
        "below_noise_floor": "{terms:list} {terms:carries|carry} no more than a question answered at random may get (up to {floor:%} of what is explained, in {level:%} of cases): {terms:it is|they are} not shown to matter.",
        "low_fit": "All drivers together explain only {r_squared:%}; what moves the outcome was mostly not asked.",
        "small_base_for_drivers": "{n:n} {n:answer|answers} for {terms:n} drivers are few: expect the order to change with new data.",
        "sampled_lmg": "{terms:n} drivers are too many for the exact Shapley value; it is sampled over {orders:n} orders of entry.",
        "failed_replicates": "{failed:n} of {n_boot:n} bootstrap replicates could not be decomposed and {failed:is|are} left out of the intervals.",
        "shares_not_causes": "Driver shares describe how answers go together in one survey. Whether raising a driver raises the outcome takes an experiment or a before–after comparison with a control group.",
    },
    "zh": {
        "constant_outcome": "“{term}”的答案全部相同，没有可解释的差异。",
        "constant_term": "“{term}”的答案全部相同，无法解释任何差异，已略去。",
        "too_few_for_drivers": "最少的一对题项只有 {n:n} 份答卷，不足以区分 {terms:n} 个驱动因素。",
        "repaired_correlation": "成对相关系数之间略有矛盾；已调整为合理的矩阵，最大改动 {max_change:2}（提高特征值）。",
        "collinear_terms": "部分驱动因素几乎重复（最大方差膨胀因子 {vif:1}，高于 {limit:0}）：其占比相互分摊，系数不稳定。",
        "negative_drivers": "在其他因素相同时，{terms:list}与较低的结果相伴。",
        "below_noise_floor": "{terms:list}的占比不高于随机作答的题项可能得到的占比（{level:%} 的情形下不超过 {floor:%}），未显示出作用。",
        "low_fit": "全部驱动因素只解释 {r_squared:%}；影响结果的主要因素多半没有问到。",
        "small_base_for_drivers": "{terms:n} 个驱动因素只有 {n:n} 份答卷，数量偏少：新数据可能改变次序。",
        "sampled_lmg": "{terms:n} 个驱动因素过多，无法精确计算 Shapley 值；按 {orders:n} 个进入顺序抽样计算。",
        "failed_replicates": "{n_boot:n} 次自助抽样中有 {failed:n} 次无法分解，未计入区间。",
        "shares_not_causes": "驱动占比描述一次调查中答案之间的关联。提高某一因素能否提高结果，需要实验或带对照组的前后比较。",
    },
}

METHOD = {
    "en": {
        "drivers_lmg": "Importance is the share of R² by LMG (the Shapley value: a driver’s average contribution over all orders of entry), computed exactly from the correlation matrix ({missing}).",
        "drivers_sampled": "Importance is the share of R² by LMG (the Shapley value: a driver’s average contribution over all orders of entry), sampled over random orders from the correlation matrix ({missing}).",
        "drivers_relative_weights": "Importance is the share of R² by Johnson’s relative weights (R² shared out through uncorrelated stand-ins of the drivers), computed from the correlation matrix ({missing}).",
        "drivers_map_mean": "The map is divided at the means of the drivers, because ratings bunch above the middle of the scale.",
        "drivers_map_median": "The map is divided at the medians of the drivers, because ratings bunch above the middle of the scale.",
        "drivers_map_scale": "The map is divided at the middle of the scale and at the mean share.",
        "drivers": "Intervals of shares and ranks come from a block bootstrap ({n_boot:n} replicates, seed {seed}); they cover small shares less often than stated and never include zero, so a small share is not proof of an effect: each is held against the shares of columns of pure noise with the same base (their 95 % quantile, the noise floor).",
        "reference": "Lindeman, Merenda and Gold (1980); Grömping (2006), *Journal of Statistical Software* 17(1); Johnson (2000), *Multivariate Behavioral Research* 35; Martilla and James (1977), *Journal of Marketing* 41(1); Rao and Wu (1988), *JASA* 83.",
    },
    "zh": {
        "drivers_lmg": "重要性为 LMG 方法（Shapley 值，即驱动因素在所有进入顺序中的平均贡献）所占 R² 的比例，由相关矩阵（{missing}）精确计算。",
        "drivers_sampled": "重要性为 LMG 方法（Shapley 值，即驱动因素在所有进入顺序中的平均贡献）所占 R² 的比例，由相关矩阵（{missing}）对进入顺序随机抽样计算。",
        "drivers_relative_weights": "重要性为 Johnson 相对权重（通过互不相关的替代变量分摊 R²）所占 R² 的比例，由相关矩阵（{missing}）计算。",
        "drivers_map_mean": "由于评分集中于量表中点之上，重要性与绩效图以驱动因素的均值为界。",
        "drivers_map_median": "由于评分集中于量表中点之上，重要性与绩效图以驱动因素的中位数为界。",
        "drivers_map_scale": "重要性与绩效图以量表中点与占比均值为界。",
        "drivers": "占比与排名的区间来自分块自助法（{n_boot:n} 次，种子 {seed}）；对很小的占比，区间的覆盖率低于名义水平且不会包含零，因此占比小不能证明有影响：每个占比均与相同样本量的纯噪声变量所得占比（其 95 % 分位数，即噪声下限）相比较。",
        "reference": "Lindeman, Merenda and Gold (1980); Grömping (2006), *Journal of Statistical Software* 17(1); Johnson (2000), *Multivariate Behavioral Research* 35; Martilla and James (1977), *Journal of Marketing* 41(1); Rao and Wu (1988), *JASA* 83.",
    },
}
