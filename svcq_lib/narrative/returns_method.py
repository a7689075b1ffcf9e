"""Caveats and method of the return in words."""

NOTES = {
    "en": {
        "association_not_cause": "The driver model and the link to retention are associations in a survey, not effects of a trial; {causal_share:%} of the association between items and satisfaction is taken as effect. A pilot with a control group would tell (see the effects report).",
        "borrowed_retention": "The link from satisfaction to retention is borrowed from the source documents ({value:%} relative change per point, row quality_repurchase of the table of elasticities); they name neither data nor scale, so anything from 0 to {high:%} counts as possible.",
        "retention_link_unclear": "This study’s own link from satisfaction to retention cannot be told from zero (log odds ratio {interval:i2} per point); it is used with that uncertainty.",
        "no_churn_data": "This study has too few customers known to have left or stayed (at least {least:n} of each are needed) to estimate the link to retention itself.",
        "everybody_reached": "The plan names no reach: every initiative is taken to reach every customer. A column `reach` in the table of initiatives would say otherwise.",
        "claims_not_facts": "The claims that are checked come from the source documents without data or formula; the check says what they would need, not that they are true. The claimed payback is inconsistent as it stands: with nothing earned while building it needs a margin of {from_start:1} %, with the full benefit from the first day {full_benefit:1} %; this study assumes {own:1} %.",
    },
    "zh": {
        "association_not_cause": "驱动模型和与保留的关联都是调查中的相关，而非试验得出的效果；题项与满意度的关联中有 {causal_share:%} 被视为因果。带对照组的试点才能说明问题（见改进效果评估报告）。",
        "borrowed_retention": "满意度与保留的关联借自来源文件（每分相对变化 {value:%}，弹性系数表 quality_repurchase 行）；文件既未说明数据也未说明量表，因此 0 至 {high:%} 均视为可能。",
        "retention_link_unclear": "本研究自身的满意度与保留的关联无法与零区分（每分对数优势比 {interval:i2}）；计算时保留了这一不确定性。",
        "no_churn_data": "本研究中已知流失或保留的客户太少（各至少需要 {least:n} 位），无法自行估计与保留的关联。",
        "everybody_reached": "计划未说明覆盖范围：视每项举措覆盖全部客户。可在举措表中用 `reach` 列说明。",
        "claims_not_facts": "所检验的宣称来自来源文件，既无数据也无公式；检验只说明其成立所需的条件，并不表示其属实。所称回收期本身前后不一：建设期无收益时需要 {from_start:1} % 的边际贡献率，自首日起全额收益时需要 {full_benefit:1} %；本研究假设为 {own:1} %。",
    },
}

METHOD = {
    "en": {
        "returns": "Lifts of items act on satisfaction through a least-squares model with all items (weighted, {n_boot:n} bootstrap replicates, seed {seed}); several initiatives on one item close what is left to the top of its scale one after the other, h (1 − Π(1 − lift/h)). Satisfaction acts on retention month by month, and customers kept stay on: D(t+1) = ρ(t) D(t) + (ρ(t) − ρ) B(t). Price and volume count at the contribution margin, which is net of the cost to serve (right for a share of wallet, cautious for a price premium, which would count in full); the saving in the cost to serve is shared out by each initiative’s likely rise in satisfaction.",
        "link_own": "The link to retention is a weighted logistic regression of this study’s customers, because own data come before the words of others; `retention_link` chooses a declared or borrowed one.",
        "link_declared": "The link to retention is the declared change of the share of customers who stay per point of satisfaction.",
        "link_borrowed": "The link to retention is borrowed and marked as such.",
        "draws": "Every uncertain link is drawn independently: declared ranges from a triangular distribution (or PERT), which is wider than PERT because stated ranges tend to be too narrow; the driver model from its bootstrap; the own link to retention from a normal distribution. Discount rate, tax, reserves and horizon are chosen, so no chance draws them: they appear in the tornado. Intervals are the middle {ci:%} of the draws. The share of variance is first-order, Var(E[NPV | link])/Var(NPV).",
        "money": "Flows are monthly and discounted from the first month of the plan, before tax unless a rate is given (a loss lowers tax elsewhere). Running costs go on for an initiative’s life, because its effect does too. Customers who leave are replaced, because the business goes on. Grants count as costs, because somebody pays them. Contingency is a share of the planned costs (10 % and 15 % are the two rules of the source documents); risk reserve and technology renewal (15 % of the yearly service budget, 20 % of technology a year there) are zero unless set. ROI is (gain − cost)/cost, undiscounted; ROSQ is the net present value over the present value of spending.",
        "budget": "The choice under a budget is an integer programme on expected values with dependencies, exclusions and the overlap of initiatives on shared items; the same choice is repeated on single draws.",
        "reference": "Rust, Zahorik and Keiningham (1995), *Journal of Marketing* 59(2); Gupta and Lehmann (2003), *Journal of Interactive Marketing* 17(1); Binder (1983), *International Statistical Review* 51; Plischke (2010), *Reliability Engineering and System Safety* 95; Brealey, Myers and Allen, *Principles of Corporate Finance*.",
    },
    "zh": {
        "returns": "题项的提升通过包含全部题项的最小二乘模型（加权，{n_boot:n} 次自助抽样，种子 {seed}）作用于满意度；多项举措作用于同一题项时，依次缩小其与量表上限的余下距离：h (1 − Π(1 − 提升/h))。满意度逐月作用于保留，留住的客户继续计入：D(t+1) = ρ(t) D(t) + (ρ(t) − ρ) B(t)。价格与业务量按边际贡献率计，边际贡献率已扣除服务成本（适用于钱包份额；对可全额计入的溢价则偏保守）；服务成本的节约按各举措最可能的满意度提升分摊。",
        "link_own": "与保留的关联由本研究客户的加权逻辑回归得出，因为自有数据优先于他人之言；`retention_link` 可改用自行设定或借用的关联。",
        "link_declared": "与保留的关联采用自行设定的满意度每分的保留率变化。",
        "link_borrowed": "与保留的关联借自外部，并已注明。",
        "draws": "每个不确定环节独立抽取：设定的区间取三角分布（或 PERT），因为人们给出的区间往往过窄，三角分布比 PERT 更宽；驱动模型取自助抽样；自有的保留关联取正态分布。折现率、税、预备费与计算年限是人为设定，不随机抽取，列于龙卷风图。区间为模拟结果中间的 {ci:%}。方差占比为一阶占比，Var(E[NPV | 环节])/Var(NPV)。",
        "money": "现金流按月计算，自计划首月起折现；除非给定税率，均为税前（亏损可抵减其他税款）。运行成本延续至举措寿命结束，因为效果也延续。流失客户有新客户补充，因为业务仍在继续。补助计入成本，因为总有人支付。不可预见费按计划成本的占比计（来源文件有 10 % 与 15 % 两种规则）；风险预备费与技术更新费（来源文件为年度服务预算的 15 %、每年技术投入的 20 %）如未设定则为零。ROI 为（收益−成本）/成本，不折现；ROSQ 为净现值与支出现值之比。",
        "budget": "预算下的选择为按期望值求解的整数规划，考虑依赖、互斥及举措在共同题项上的重叠；并在单次模拟上重复同样的选择。",
        "reference": "Rust, Zahorik and Keiningham (1995), *Journal of Marketing* 59(2); Gupta and Lehmann (2003), *Journal of Interactive Marketing* 17(1); Binder (1983), *International Statistical Review* 51; Plischke (2010), *Reliability Engineering and System Safety* 95; Brealey, Myers and Allen, *Principles of Corporate Finance*.",
    },
}
