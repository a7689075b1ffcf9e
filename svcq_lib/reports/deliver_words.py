"""The words of messages about finished reports, in both languages."""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "subject": "{name}, {period}: {state}",
        "one_ready": "1 report ready", "many_ready": "{n} reports ready",
        "one_failed": "1 report failed", "many_failed": "{n} reports failed",
        "one_new": "1 new alert", "many_new": "{n} new alerts", "no_new": "no new alerts",
        "not_made": "reports were not made", "and": ", ",
        "lead": "{state}.",
        "late_data": "The answers reach only to {reach}; the period ends on {end}.",
        "late_file": "The file {file}, which says that the data are complete, is not there.",
        "anyway": "The figures may still change.", "nothing": "no date at all", "not_made_heading": "Why",
        "new": "New alerts", "still": "Alerts that continue", "cleared": "Alerts that are milder or gone",
        "changes": "What changed",
        "failed": "Failed reports", "figures": "Headline figures", "reports": "Reports",
        "line": "{who}: {what}", "target": ", target {target}",
        "green": "on target", "amber": "cannot be told", "red": "misses its target", "status": " ({status})",
        "none": "not judged", "hidden": "not shown, too few answers", "before": "{now} (before: {was})",
        "better": "improved", "worse": "worsened", "moved": "moved", "began": "new", "ended": "no longer",
        "more": "and {n} more", "catalogue": "All reports",
        "one_attached": "1 file is attached.", "many_attached": "{n} files are attached.",
        "not_attached": "{n} of {all} files are attached; the others would make the message larger than {size} MB.",
        "made": "made with svcq {version}",
    },
    "zh": {
        "subject": "{name}，{period}：{state}",
        "one_ready": "已生成 1 份报告", "many_ready": "已生成 {n} 份报告",
        "one_failed": "1 份报告失败", "many_failed": "{n} 份报告失败",
        "one_new": "新增 1 项预警", "many_new": "新增 {n} 项预警", "no_new": "无新增预警",
        "not_made": "报告未生成", "and": "，",
        "lead": "{state}。",
        "late_data": "答卷数据仅到 {reach}，本期截至 {end}。", "late_file": "表示数据已齐的文件 {file} 尚未出现。",
        "anyway": "结果可能还会变化。", "nothing": "（无日期）", "not_made_heading": "原因",
        "new": "新增预警", "still": "持续预警", "cleared": "缓解或解除的预警", "changes": "本期变化",
        "failed": "失败的报告", "figures": "关键数字", "reports": "报告",
        "line": "{who}：{what}", "target": "，目标 {target}",
        "green": "达标", "amber": "无法判断", "red": "未达标", "status": "（{status}）",
        "none": "未作判断", "hidden": "样本过小，不显示", "before": "{now}（先前：{was}）",
        "better": "改善", "worse": "变差", "moved": "变动", "began": "新出现", "ended": "不再存在",
        "more": "另有 {n} 项", "catalogue": "全部报告",
        "one_attached": "附件 1 个。", "many_attached": "附件 {n} 个。",
        "not_attached": "共 {all} 个文件，已附上 {n} 个；其余文件会使邮件超过 {size} MB。",
        "made": "由 svcq {version} 生成",
    },
}  # fmt: skip


def counted(code: str, n: int, lang: str) -> str:
    """Return a number of things in words.

    Parameters
    ----------
    code : {"ready", "failed", "new", "attached"}
        Which things.
    n : int
        How many.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        For example ``2 reports failed``.

    Examples
    --------
    >>> counted("failed", 1, "en"), counted("new", 2, "zh")
    ('1 report failed', '新增 2 项预警')
    """
    return WORDS[lang][f"{'one' if n == 1 else 'many'}_{code}"].format(n=n)
