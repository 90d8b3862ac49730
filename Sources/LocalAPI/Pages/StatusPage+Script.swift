extension StatusPage {
  /// The page's key stays in a variable of this script, where nothing but the script can read it.
  static let script = #"""
    "use strict";
    (() => {
      const byID = id => document.getElementById(id);
      const [list, message, start, finder, filter, count, lock] =
        ["instances", "message", "start", "finder", "filter", "count", "lock"].map(byID);
      const rows = new Map();
      // What the daemon's key allows, in milliseconds: it ends after that time, or when it is not used for that time.
      const [longest, idle] = [12 * 3600 * 1000, 600 * 1000];
      const reopening = "fedbroker is opened again";
      let key = null;
      let [opened, answered] = [0, 0];
      let timer = 0;
      let isAnswered = false;
      let isLocked = false;

      const say = text => { if (message.textContent !== text) message.textContent = text; };
      const set = (node, text) => { if (node.textContent !== text) node.textContent = text; };
      const store = change => { try { return change(sessionStorage); } catch { return null; } };

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
        const row = {
          item, name, user: element("p", item, { className: "user" }), state: element("p", item, { className: "state" }),
          warning: element("p", item, { className: "warning" }), isWarned: false,
          meaning: element("p", item, { className: "error" }), kind: "", lasting: "", deadline: null, word: "",
        };
        const actions = element("div", item, { className: "actions" });
        const path = "/v1/instances/" + encodeURIComponent(instance.alias ?? instance.id);
        const query = instance.session_name === null ? "" : "?session_name=" + encodeURIComponent(instance.session_name);
        button(actions, "Sign in to Amazon Connect", name, async () => {
          const { url } = await ask("POST", path + "/sign-in" + query);
          window.open(url, "_blank", "noopener");
          return "signing in, in another tab.";
        }).className = "main";
        // In a tab of its own, which comes back to this daemon.
        row.aws = button(actions, "Sign in to AWS", name, async () => {
          const { url } = await ask("POST", path + "/aws-sign-in" + query);
          window.open(url, "_blank", "noopener");
          return "signing in to AWS, in another tab.";
        });
        row.aws.className = "main";
        row.aws.hidden = true;
        const more = element("details", item);
        element("summary", more, { textContent: "Details" }).setAttribute("aria-label", "Details: " + name);
        const details = element("dl", more);
        Object.assign(row, {
          id: term(details, "Instance"), region: term(details, "Region"), expires: term(details, "Token ends"),
          refresh: term(details, "Last refresh"), error: term(details, "Last error"),
        });
        button(element("div", more, { className: "actions" }), "Refresh", name, async () => {
          await ask("POST", path + "/refresh" + query);
          return "refreshed.";
        });
        return row;
      }

      // By the code of the daemon: what it means, and what to do.
      const meanings = {
        NoCredentials: "Nobody is signed in to AWS.",
        NoRegion: "No AWS region is configured for this instance.",
        AccessDeniedException: "AWS does not let these credentials sign in to this instance.",
        UserNotFoundException: "Amazon Connect has no user of this name.",
        ResourceNotFoundException: "Amazon Connect has no such instance in this region.",
        ThrottlingException: "AWS asks to wait. It is tried again by itself.",
        TooManyRequestsException: "AWS asks to wait. It is tried again by itself.",
        UpstreamUnreachable: "AWS cannot be reached. Is there a network? It is tried again by itself.",
        UpstreamTimeout: "AWS does not answer. It is tried again by itself.",
      };

      // What the daemon said in full is among the details.
      function meaning(error) {
        const command = error.detail.match(/: run ([^:]+)$/)?.[1] ?? "fedbroker check-config --credentials";
        return (meanings[error.code] ?? error.detail) + " Run " + command + ".";
      }

      const time = text => text ? new Date(text).toLocaleString() : null;

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
          const error = instance.last_error;
          row.deadline = left === null ? null : Date.now() + left * 1000;
          row.person = instance.session_name ?? instance.user_arn?.split("/").pop() ?? null;
          set(row.user, row.person ?? "Nobody yet");
          set(row.id, instance.id);
          set(row.region, instance.region ?? "not known");
          set(row.expires, time(instance.expires_at) ?? "no token");
          set(row.refresh, time(instance.last_refresh) ?? "never");
          set(row.error, error ? error.code + ": " + error.detail : "none");
          set(row.meaning, error ? meaning(error) : "");
          const soon = 600;
          const aws = instance.aws_sign_in;
          row.aws.hidden = aws === null || (aws.expires_in !== null && aws.expires_in > soon);
          set(row.warning, row.aws.hidden ? "" : aws.expires_in === null ? "Nobody is signed in to AWS."
            : "The sign-in to AWS ends in " + Math.max(1, Math.round(aws.expires_in / 60)) + " min.");
          if (aws !== null && !row.aws.hidden && aws.expires_in !== null && !row.isWarned) say(name + ": " + row.warning.textContent);
          row.isWarned = !row.aws.hidden;
          row.word = instance.state === "fetching" ? "Fetching a token" : error ? "Cannot sign in" : "Not needed now";
          const kind = left !== null ? "ready" : error ? "trouble" : instance.state === "fetching" ? "fetching" : "idle";
          // What changes while nobody looks is told to those who listen.
          if (row.lasting === "ready" && kind === "trouble") say(name + ": " + row.word + ".");
          if (row.lasting === "trouble" && kind === "ready") say(name + ": ready again.");
          row.kind = kind;
          if (kind !== "fetching") row.lasting = kind;
        }
        for (const [name, row] of rows) if (!shown.has(name)) { row.item.remove(); rows.delete(name); }
        arrange();
      }

      // Those in trouble come first. An element that moves loses the focus, so it moves only where the order has changed.
      function arrange() {
        const ranks = { trouble: 0, fetching: 1, ready: 2, idle: 3 };
        const order = [...rows.values()].sort((a, b) =>
          ranks[a.kind] - ranks[b.kind] || a.name.localeCompare(b.name)).map(row => row.item);
        if (order.some((item, index) => list.children[index] !== item)) {
          const focused = document.activeElement;
          list.append(...order);
          focused?.focus({ preventScroll: true });
        }
        finder.hidden = rows.size <= 6;
        find();
      }

      function find() {
        const wanted = finder.hidden ? "" : filter.value.trim().toLowerCase();
        let found = 0;
        for (const row of rows.values()) {
          row.item.hidden = !(row.name + " " + (row.person ?? "")).toLowerCase().includes(wanted);
          if (!row.item.hidden) found += 1;
        }
        set(count, wanted === "" ? "" : found + " of " + rows.size + " shown");
      }

      function countDown() {
        for (const row of rows.values()) {
          const left = row.deadline === null ? -1 : Math.floor((row.deadline - Date.now()) / 1000);
          const two = number => String(number).padStart(2, "0");
          const hours = Math.floor(left / 3600);
          const clock = (hours > 0 ? hours + ":" + two(Math.floor(left / 60) % 60) : Math.floor(left / 60)) +
            ":" + two(left % 60);
          set(row.state, isLocked ? "Locked" : left < 0 ? row.word : "Ready, " + clock + " left");
          row.state.classList.toggle("live", left >= 0 && !isLocked);
          row.state.classList.toggle("dead", left < 0 && row.kind === "trouble");
        }
        entitle();
      }

      function entitle() {
        const all = [...rows.values()];
        const troubled = all.filter(row => row.kind === "trouble");
        const minutes = row => Math.max(0, Math.floor((row.deadline - Date.now()) / 60000)) + " min";
        let state = isAnswered ? "no instance" : "not opened";
        if (key !== null && !isAnswered) state = "no answer";
        else if (key === null && opened > 0) state = "ended";
        else if (isLocked) state = "locked";
        else if (troubled.length > 0) state = (all.length === 1 ? all[0].name : troubled.length) + " in trouble";
        else if (all.length === 1) {
          state = all[0].name + " " + (all[0].kind === "ready" ? "ready, " + minutes(all[0]) : all[0].word.toLowerCase());
        } else if (all.length > 1) {
          state = all.filter(row => row.kind === "ready").length + " of " + all.length + " ready";
        }
        const title = state + " – fedbroker";
        if (document.title !== title) document.title = title;
      }

      // Says why there is no key any more, and offers to go on.
      function end() {
        const now = Date.now();
        say(now - opened >= longest ? "This page has shown the state for 12 hours, and ends."
          : now - answered >= idle ? "This page was asleep for too long, as this computer may have been."
          : "fedbroker was restarted, or its configuration was changed.");
        for (const row of rows.values()) row.item.remove();
        rows.clear();
        isLocked = false;
        set(lock, "");
        finder.hidden = true;
        offer("Go on", reopen);
      }

      // The page of a visit has a code of its own: to go on takes no second click.
      function reopen() {
        store(storage => storage.setItem(reopening, "yes"));
        location.replace("/");
      }

      function offer(text, action) {
        start.textContent = text;
        start.hidden = false;
        start.onclick = () => { start.hidden = true; action(); };
      }

      async function poll() {
        clearTimeout(timer);
        if (key === null) return;
        try {
          const answer = await ask("GET", "/v1/instances");
          isLocked = answer.lock !== null;
          set(lock, isLocked ? "Locked: no token is given. " + answer.lock.remedy : "");
          show(answer.instances);
          if (!isAnswered) say(rows.size === 0 ? "No instance is listed, and no token is cached." : "");
          isAnswered = true;
          answered = Date.now();
        } catch (error) {
          isAnswered = false;
          if (key === null) end();
          else say("fedbroker does not answer. It is asked again. To start it: systemctl --user start fedbroker");
        }
        countDown();
        clearTimeout(timer);
        // In the background once a minute, which keeps the key, and is as often as browsers let a page run there.
        if (key !== null) timer = setTimeout(poll, document.hidden ? 60000 : 5000);
      }

      async function open(code, isLast) {
        say("");
        try {
          key = (await ask("POST", "/v1/status-page/key", JSON.stringify({ code }))).key;
        } catch (error) {
          // The page waited longer for its click than its code is good for, or the daemon was restarted meanwhile.
          if (!isLast && error instanceof TypeError === false) return reopen();
          say(error.message);
          return offer("Try again", reopen);
        }
        [opened, answered] = [Date.now(), Date.now()];
        document.addEventListener("visibilitychange", poll);
        setInterval(() => { if (key !== null && !document.hidden) countDown(); }, 1000);
        poll();
      }

      filter.addEventListener("input", find);
      const code = new URLSearchParams(location.search).get("code");
      const isReopened = store(storage => storage.getItem(reopening)) !== null;
      store(storage => storage.removeItem(reopening));
      if (code !== null) {
        history.replaceState(null, "", "/");
        open(code, true);
      } else if (start.dataset.code !== undefined) {
        say("");
        if (isReopened) open(start.dataset.code, true);
        else offer(start.textContent, () => open(start.dataset.code, false));
      }
      entitle();
    })();
    """#
}
