"""Names of reports and the words of the catalogue and of failure pages."""

from __future__ import annotations

TITLES: dict[str, dict[str, str]] = {
    "en": {
        "scores": "Scorecard", "gaps": "Gap analysis", "drivers": "Driver analysis",
        "instrument": "Quality of the questionnaire", "benchmark": "Benchmark", "returns": "Return on service quality",
        "effects": "Effect of the programme",
        "failed": "{report} could not be made",
        "failed_hint": "The other reports are not affected. Mend what is named below and run the same command again.",
    },
    "zh": {
        "scores": "核心得分", "gaps": "差距分析", "drivers": "驱动因素分析",
        "instrument": "问卷质量", "benchmark": "标杆对比", "returns": "服务质量回报", "effects": "改进效果评估",
        "failed": "{report}未能生成",
        "failed_hint": "其他报告不受影响。请按下列说明处理后重新运行同一命令。",
    },
}  # fmt: skip

CATALOGUE: dict[str, dict[str, str]] = {
    "en": {
        "kicker": "Reports", "skip": "Skip to the list", "made": "Made {when} with svcq {version}.",
        "made_undated": "Made with svcq {version}.", "language": "Language", "both": "both", "counts": "Counts",
        "count_all": "Reports", "status_failed": "Failed", "status_red": "Off target", "status_amber": "Cannot be told",
        "status_green": "On target", "status_none": "Not judged", "find": "Find", "find_hint": "unit, answer, figure",
        "unit": "Unit", "period": "Period", "topic": "Report", "status": "Status", "figure": "Lead figure",
        "change": "Change", "files": "Files", "any_unit": "all units", "any_period": "all periods",
        "any_topic": "all reports", "any_status": "any status", "more": "Show the other {n}",
        "reset": "Clear the filters", "view": "View", "filters": "Filters", "sort": "Sort by",
        "reports": "All reports", "units": "By unit", "hits": "{n} of {total} reports",
        "hits_units": "{n} of {total} units", "nothing": "Nothing fits these filters. Clear them to see everything.",
        "legend": "Off target: the whole interval of a headline figure misses its target. Cannot be told: the "
        "interval holds the target. Change: the lead figure against the period before; better or worse only beyond "
        "noise.",
        "legend_units": "The lead figure of each unit’s latest report. Lines run over the periods listed here, with "
        "one scale per column; the dotted line is the target.",
        "failures": "Failed reports", "failures_hint": "The other reports are not affected. The reasons, with the "
        "reports that each one stopped:", "whole_reason": "Whole message", "better": "better", "worse": "worse",
        "moved": "changed", "unclear": "no clear change", "spark": "{n} periods: from {first} to {last}",
        "no_figure": "too few answers", "whole": "all answers", "answers": "{n} answers",
        "file.html": "HTML", "file.pdf": "PDF", "file.ipynb": "notebook", "file.json": "data",
    },
    "zh": {
        "kicker": "报告目录", "skip": "跳到列表", "made": "由 svcq {version} 生成于 {when}。",
        "made_undated": "由 svcq {version} 生成。", "language": "语言", "both": "全部", "counts": "数量",
        "count_all": "报告", "status_failed": "失败", "status_red": "未达标", "status_amber": "无法判断",
        "status_green": "达标", "status_none": "不作判断", "find": "查找", "find_hint": "单位、结论、指标",
        "unit": "单位", "period": "期间", "topic": "报告", "status": "状态", "figure": "主要指标",
        "change": "变化", "files": "文件", "any_unit": "全部单位", "any_period": "全部期间",
        "any_topic": "全部报告", "any_status": "全部状态", "more": "显示其余 {n} 条",
        "reset": "清除筛选", "view": "视图", "filters": "筛选", "sort": "排序",
        "reports": "全部报告", "units": "按单位", "hits": "{n} 份报告，共 {total} 份",
        "hits_units": "{n} 个单位，共 {total} 个", "nothing": "没有符合筛选条件的报告。清除筛选即可查看全部。",
        "legend": "未达标：某项关键数字的整个置信区间未达到目标。无法判断：目标位于置信区间之内。"
        "变化：主要指标与上一期相比；只有超出随机波动时才标为改善或变差。",
        "legend_units": "各单位最近一份报告的主要指标。折线按所列各期绘制，每列使用同一刻度；虚线为目标。",
        "failures": "失败的报告", "failures_hint": "其他报告不受影响。以下列出失败原因及受影响的报告：",
        "whole_reason": "完整信息", "better": "改善", "worse": "变差", "moved": "有变化", "unclear": "无明确变化",
        "spark": "共 {n} 期：由 {first} 到 {last}", "no_figure": "样本不足",
        "whole": "全部答卷", "answers": "{n} 份答卷",
        "file.html": "HTML", "file.pdf": "PDF", "file.ipynb": "笔记本", "file.json": "数据",
    },
}  # fmt: skip
"""Words of the catalogue's page; its script receives them as they stand here."""


def title_of(topic: str, lang: str) -> str:
    """Return a report's name; the machine name of a report that has none."""
    return TITLES[lang].get(topic, topic)
