"use strict";
// The list is laid out once, after it has been filtered.
document.documentElement.classList.replace("static", "waiting");
document.addEventListener("DOMContentLoaded", () => {
  const data = JSON.parse(document.getElementById("catalogue").textContent);
  const langs = Object.keys(data.langs);
  const fields = ["unit", "period", "topic", "status"];
  const { names } = data;
  const first = { reports: "-period", units: "unit" };
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const form = one("#filters");
  const views = Object.fromEntries(["reports", "units"].map((id) => {
    const section = one(`#${id}`);
    const body = one("tbody", section);
    return [id, { section, body, rows: [...body.rows], order: first[id], sequence: [] }];
  }));
  const state = { view: "reports", lang: langs[0], q: "", unit: "", period: "", topic: "", status: "" };
  let shown = "";
  let limit = data.rows_at_first;
  let collator = new Intl.Collator();

  const words = () => data.words[shown];
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name].toLocaleString("en"));
  const called = (labels) => labels[shown] ?? Object.values(labels)[0];
  const spoken = (entry) => state.lang === "all" || entry.lang === state.lang;

  const plain = (text) => text.normalize("NFKC").toLowerCase().replace(/\s+/g, " ");

  const searched = views.reports.rows.map((row, at) => {
    const cells = [...row.cells].slice(0, -1).map((cell) => cell.textContent);
    return plain([...cells, names.unit[data.reports[at].unit][0]].join(" "));
  });

  // Tables whose rows are shown as cards stay tables for a screen reader.
  const roles = { table: "table", thead: "rowgroup", tbody: "rowgroup", tr: "row", td: "cell",
    "thead th": "columnheader", "tbody th": "rowheader" };
  for (const [selector, role] of Object.entries(roles)) {
    for (const element of all(selector)) element.setAttribute("role", role);
  }

  /** Write every word of the page in a language. */
  const speak = (lang) => {
    if (lang === shown) return;
    shown = lang;
    collator = new Intl.Collator(data.langs[lang], { numeric: true });
    document.documentElement.lang = data.langs[lang];
    document.title = words().name;
    for (const element of all("[data-t]")) element.textContent = words()[element.dataset.t];
    for (const element of all("[data-aria]")) element.setAttribute("aria-label", words()[element.dataset.aria]);
    for (const element of all("thead tr")) element.dataset.label = words().sort;
    form.elements.q.placeholder = words().find_hint;
    for (const field of fields) offer(field);
  };

  /** Offer every unit, period, topic or status that there is. */
  const offer = (field) => {
    const options = names[field].map(([key, labels]) => new Option(called(labels), key));
    if (field === "unit") options.sort((a, b) => collator.compare(a.text, b.text));
    const select = form.elements[field];
    select.replaceChildren(new Option(words()[`any_${field}`], ""), ...options);
    select.parentElement.hidden = options.length < 2;
  };

  /** Tell which reports fit the filters. */
  const fitting = () => {
    const sought = plain(state.q).trim();
    const wanted = fields.filter((field) => state[field] && !(field === "period" && state.view === "units"))
      .map((field) => [field, names[field].findIndex(([key]) => key === state[field])]);
    return data.reports.map((report, at) => spoken(report)
      && wanted.every(([field, place]) => report[field] === place)
      && searched[at].includes(sought));
  };

  /** Show the rows that fit, and say how many they are. */
  const filter = () => {
    const fits = fitting();
    const view = views[state.view];
    const entries = data[state.view];
    const fit = (entry, at) => state.view === "reports" ? fits[at] : entry.latest.some((place) => fits[place]);
    let hits = 0;
    for (const at of view.sequence) {
      const hit = fit(entries[at], at);
      hits += hit;
      view.rows[at].hidden = !hit || hits > limit;
    }
    const more = one(".more", view.section);
    more.hidden = hits <= limit;
    one("button", more).textContent = fill(words().more, { n: hits - limit });
    const text = state.view === "units" ? words().hits_units : words().hits;
    one("#hits").textContent = fill(text, { n: hits, total: entries.filter(spoken).length });
    one("#nothing").hidden = hits > 0;
    for (const [id, other] of Object.entries(views)) other.section.hidden = id !== state.view || !hits;
    explain(fits);
  };

  /** Give the reasons of the failed reports that fit, and say how many these are. */
  const explain = (fits) => {
    let stopped = 0;
    for (const article of all("#failures article")) {
      for (const item of all("li", article)) {
        item.hidden = !fits[item.dataset.place];
        stopped += !item.hidden;
      }
      article.hidden = !one("li:not([hidden])", article);
    }
    for (const section of all("#failures")) {
      section.hidden = !stopped;
      one("#failed").textContent = stopped.toLocaleString("en");
    }
  };

  /** Return what a row is sorted by; nothing comes last, whichever way. */
  const key = (column) => {
    if (state.view === "units" && column !== "unit") {
      const place = names.topic.findIndex(([topic]) => topic === column);
      return (entry) => data.reports[entry.latest[place]]?.figure ?? null;
    }
    return column === "unit" ? (entry) => called(names.unit[entry.unit][1]) : (entry) => entry[column];
  };

  /** Put the rows in order: `unit` for upwards, `-unit` for downwards. */
  const sort = () => {
    const view = views[state.view];
    const down = view.order.startsWith("-");
    const column = view.order.slice(down ? 1 : 0);
    // periods stand latest first in the list that numbers them
    const sign = (down ? -1 : 1) * (column === "period" ? -1 : 1);
    const keys = data[state.view].map(key(column));
    const compare = (a, b) => {
      if (keys[a] === null || keys[b] === null) return (keys[a] === null) - (keys[b] === null);
      return sign * (column === "unit" ? collator.compare(keys[a], keys[b]) : keys[a] - keys[b]);
    };
    view.sequence = [...keys.keys()].sort((a, b) => compare(a, b) || a - b);
    view.body.append(...view.sequence.map((at) => view.rows[at]));
    for (const button of all("[data-sort]", view.section)) {
      const here = button.dataset.sort === column;
      if (here) button.parentElement.setAttribute("aria-sort", down ? "descending" : "ascending");
      else button.parentElement.removeAttribute("aria-sort");
    }
  };

  /** Count the reports of a language on the cards, and mark the card whose status is chosen. */
  const count = () => {
    for (const card of all(".card")) {
      const status = names.status.findIndex(([one]) => one === card.dataset.status);
      const counted = data.reports.filter((report) => spoken(report) && (status < 0 || report.status === status));
      one(".value", card).textContent = counted.length.toLocaleString("en");
      card.setAttribute("aria-current", String(state.status !== "" && card.dataset.status === state.status));
    }
  };

  /** Make the page what the state says. */
  const show = ({ sorted = false } = {}) => {
    speak(state.lang === "all" ? shown || langs[0] : state.lang);
    for (const field of ["q", ...fields]) {
      if (form.elements[field].value !== state[field]) form.elements[field].value = state[field];
    }
    for (const radio of form.elements.lang) radio.checked = radio.value === state.lang;
    for (const button of all("[data-view]")) {
      button.setAttribute("aria-pressed", String(button.dataset.view === state.view));
    }
    form.elements.period.disabled = state.view === "units";
    count();
    if (!sorted) sort();
    filter();
  };

  /** Keep the state in the address, so that a view can be linked to. */
  const keep = () => {
    const given = new URLSearchParams(Object.entries(state).filter(([, value]) => value));
    if (state.view === "reports") given.delete("view");
    if (state.lang === langs[0]) given.delete("lang");
    if (views[state.view].order !== first[state.view]) given.set("sort", views[state.view].order);
    history.replaceState(null, "", given.size ? `#${given}` : location.pathname + location.search);
  };

  /** Take the state from the address; what the page does not have is left out. */
  const read = () => {
    const given = new URLSearchParams(location.hash.slice(1));
    const known = (name, values) => values.includes(given.get(name)) ? given.get(name) : "";
    state.view = known("view", Object.keys(views)) || "reports";
    state.lang = known("lang", [...langs, "all"]) || langs[0];
    state.q = given.get("q") ?? "";
    for (const field of fields) state[field] = known(field, names[field].map(([name]) => name));
    const columns = all("[data-sort]", views[state.view].section).map((button) => button.dataset.sort);
    const orders = columns.flatMap((column) => [column, `-${column}`]);
    views[state.view].order = known("sort", orders) || first[state.view];
    show();
  };

  const change = (values, options) => {
    Object.assign(state, values);
    limit = data.rows_at_first;
    show(options);
    keep();
  };

  /** Show every row that fits; who asked by a button goes on at the first row that was not there. */
  const showAll = (button) => {
    const seen = limit;
    limit = Infinity;
    filter();
    if (button) one("a", [...views[state.view].body.rows].filter((row) => !row.hidden)[seen]).focus();
  };

  form.addEventListener("input", ({ target }) => {
    change({ [target.name]: target.value }, { sorted: target.name !== "lang" });
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    change({ q: "", unit: "", period: "", topic: "", status: "" }, { sorted: true });
    form.elements.q.focus();
  });
  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-sort], [data-view], [data-status]");
    if (!target) return;
    const { sort: column, view, status } = target.dataset;
    if (column) {
      const order = views[state.view].order;
      views[state.view].order = order === column ? `-${column}` : column;
    }
    if (status !== undefined) event.preventDefault();
    change({ ...(view && { view }), ...(status !== undefined && { status }) });
  });
  one("#unfold").addEventListener("click", ({ target }) => {
    target.setAttribute("aria-expanded", String(form.classList.toggle("unfolded")));
  });
  for (const button of all(".more button")) button.addEventListener("click", () => showAll(button));
  window.addEventListener("beforeprint", () => showAll());
  window.addEventListener("hashchange", () => {
    if (!location.hash || location.hash.includes("=")) read(); // another is a place on this page
  });

  document.documentElement.classList.replace("waiting", "live");
  form.hidden = one("#views").hidden = false;
  read();
});
