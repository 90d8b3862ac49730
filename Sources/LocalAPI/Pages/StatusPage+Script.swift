extension StatusPage {
  /// The page's key stays in a variable of this script, where nothing but the script can read it.
  static let script = #"""
    "use strict";
    (() => {
      const list = document.getElementById("instances");
      const message = document.getElementById("message");
      const rows = new Map();
      let key = null;
      let timer = 0;
      let isAnswered = false;

      const say = text => { message.textContent = text; };
      const set = (node, text) => { if (node.textContent !== text) node.textContent = text; };

      async function ask(method, path, body) {
        const headers = key === null ? {} : { Authorization: "Bearer " + key };
        const response = await fetch(path, { method, headers, body, cache: "no-store" });
        if (response.status === 204) return null;
        const answer = await response.json();
        if (response.ok) return answer;
        if (response.status === 401) key = null;
        throw new Error(answer.detail);
      }

      function element(name, parent, properties) {
        const node = Object.assign(document.createElement(name), properties);
        parent.append(node);
        return node;
      }

      function term(details, name) {
        element("dt", details, { textContent: name });
        return element("dd", details);
      }

      function button(parent, text, name, action) {
        const node = element("button", parent, { type: "button", textContent: text });
        node.setAttribute("aria-label", text + ": " + name);
        node.addEventListener("click", async () => {
          if (node.getAttribute("aria-disabled") === "true") return;
          node.setAttribute("aria-disabled", "true");
          try { say(name + ": " + await action()); } catch (error) { say(name + ": " + error.message); }
          node.removeAttribute("aria-disabled");
          poll();
        });
        return node;
      }

      function makeRow(name, instance) {
        const item = element("li", list);
        element("h2", item, { textContent: name });
        const state = element("p", item, { className: "state" });
        const details = element("dl", item);
        const row = {
          item, state, id: term(details, "Instance"), region: term(details, "Region"),
          refresh: term(details, "Last refresh"), error: term(details, "Last error"), deadline: null, word: "", failed: false,
        };
        row.error.className = "error";
        const actions = element("div", item, { className: "actions" });
        const path = "/v1/instances/" + encodeURIComponent(instance.alias ?? instance.id);
        const query = instance.session_name === null ? "" : "?session_name=" + encodeURIComponent(instance.session_name);
        button(actions, "Sign in", name, async () => {
          const { url } = await ask("POST", path + "/sign-in" + query);
          window.open(url, "_blank", "noopener");
          return "signing in, in another tab.";
        }).className = "main";
        button(actions, "Refresh", name, async () => {
          await ask("POST", path + "/refresh" + query);
          return "refreshed.";
        });
        return row;
      }

      function show(instances) {
        const shown = new Set();
        for (const instance of instances) {
          const name = (instance.alias ?? instance.id) +
            (instance.session_name === null ? "" : ", " + instance.session_name);
          if (shown.has(name)) continue;
          shown.add(name);
          if (!rows.has(name)) rows.set(name, makeRow(name, instance));
          const row = rows.get(name);
          const left = instance.expires_in;
          row.deadline = left === null ? null : performance.now() + left * 1000;
          set(row.id, instance.id);
          set(row.region, instance.region ?? "not known");
          set(row.refresh, instance.last_refresh ? new Date(instance.last_refresh).toLocaleString() : "never");
          const error = instance.last_error;
          row.word = instance.state === "fetching" ? "Fetching a token" : error ? "No token" : "No token needed now";
          row.failed = error !== null;
          set(row.error, error ? error.code + ": " + error.detail : "none");
          row.error.classList.toggle("error", error !== null);
        }
        for (const [name, row] of rows) if (!shown.has(name)) { row.item.remove(); rows.delete(name); }
      }

      function countDown() {
        for (const row of rows.values()) {
          const left = row.deadline === null ? -1 : Math.floor((row.deadline - performance.now()) / 1000);
          const two = number => String(number).padStart(2, "0");
          const hours = Math.floor(left / 3600);
          const time = (hours > 0 ? hours + ":" + two(Math.floor(left / 60) % 60) : Math.floor(left / 60)) +
            ":" + two(left % 60);
          set(row.state, left < 0 ? row.word : "Live, " + time + " left");
          row.state.classList.toggle("live", left >= 0);
          row.state.classList.toggle("dead", left < 0 && row.failed);
        }
      }

      // A page that nobody looks at asks for nothing, so that its key ends.
      async function poll() {
        clearTimeout(timer);
        if (key === null || document.hidden) return;
        try {
          show((await ask("GET", "/v1/instances")).instances);
          if (!isAnswered) say(rows.size === 0 ? "No instance is listed, and no token is cached." : "");
          isAnswered = true;
        } catch (error) {
          isAnswered = false;
          say(key === null ? "This page was left for too long. Open it again with fedbroker status --web."
            : "fedbroker does not answer: " + error.message);
        }
        countDown();
        clearTimeout(timer);
        if (key !== null) timer = setTimeout(poll, 5000);
      }

      async function start() {
        const code = new URLSearchParams(location.search).get("code");
        if (code === null) return;
        history.replaceState(null, "", "/");
        try {
          key = (await ask("POST", "/v1/status-page/key", JSON.stringify({ code }))).key;
        } catch (error) {
          say(error.message);
          return;
        }
        document.addEventListener("visibilitychange", poll);
        setInterval(countDown, 1000);
        poll();
      }

      start();
    })();
    """#
}
