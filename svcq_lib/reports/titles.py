"""Names of reports and the words of the catalogue and of failure pages."""

from __future__ import annotations

TITLES: dict[str, dict[str, str]] = {
    "en": {
        "scores": "Scorecard", "gaps": "Gap analysis", "drivers": "Driver analysis",
        "instrument": "Quality of the questionnaire", "benchmark": "Benchmark", "returns": "Return on service quality",
        "effects": "Effect of the programme",
        "failed": "{report} could not be made",
        "failed_hint": "The other reports are not affected. Mend what is named below and run the same command again.",
        "index": "Reports", "data": "Tables", "notebook": "Notebook", "failed_mark": "failed",
        "answers": "{n} answers", "made": "made with svcq {version}",
    },
    "zh": {
        "scores": "核心得分", "gaps": "差距分析", "drivers": "驱动因素分析",
        "instrument": "问卷质量", "benchmark": "标杆对比", "returns": "服务质量回报", "effects": "改进效果评估",
        "failed": "{report}未能生成",
        "failed_hint": "其他报告不受影响。请按下列说明处理后重新运行同一命令。",
        "index": "报告", "data": "数据表", "notebook": "笔记本", "failed_mark": "失败",
        "answers": "{n} 份答卷", "made": "由 svcq {version} 生成",
    },
}  # fmt: skip


def title_of(topic: str, lang: str) -> str:
    """Return a report's name; the machine name of a report that has none."""
    return TITLES[lang].get(topic, topic)
