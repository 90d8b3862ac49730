internal import LocalHTTP
internal import Secrets

/// The page of `/sign-in/INSTANCE`: who would be signed in where, and one button.
///
/// It has no `Cross-Origin-Opener-Policy`, and what it leads to has none: a custom CCP opens it as a popup, looks each second
/// whether it is closed, and closes it once its own frame is signed in.
struct LastingSignInPage {
  /// What a person is told beside the button.
  enum Note: String {
    case tooLate = "This page was open for too long. Press the button again."
    case notRemembered = "This browser is not remembered any more, or the person has changed. Press the button once."
  }

  let instance: String
  /// Who will be signed in; `nil` where nobody knows before AWS says it.
  let user: String?
  /// Good for one click on this page.
  let code: Secret
  /// What the browser may keep for the shift.
  let key: Secret
  var note: Note?

  func response() -> Response {
    let main = Secret(capacity: 2048) { main in
      main.append("<p id=\"message\" role=\"status\">")
      if let note { main.append(note.rawValue) }
      main.append("</p>\n<dl class=\"who\"><dt>Instance</dt><dd>")
      main.appendHTML(instance)
      main.append("</dd><dt>User</dt><dd>")
      main.appendHTML(user ?? "the one of these AWS credentials")
      main.append("</dd></dl>\n<form method=\"post\" action=\"\"")
      if note == .notRemembered { main.append(" data-forget") }
      main.append(" data-key=\"")
      main.append(key)
      main.append("\"><input type=\"hidden\" name=\"code\" value=\"")
      main.append(code)
      main.append(
        """
        "><p class="actions"><button class="main" autofocus>Sign in to Amazon Connect</button></p>
        <p><label><input type="checkbox" name="remember" value="on"> Remember for this shift: for 12 hours this browser \
        signs in here without a click</label></p></form>
        """)
    }
    // The origin must be in what the form sends, and may be known to nobody else.
    return Page(
      title: "Sign in to Amazon Connect", main: main, script: Self.script, referrerPolicy: "same-origin",
      directives: ["form-action 'self'", "require-trusted-types-for 'script'"]
    ).response()
  }

  /// Keeps the key where the person asked for it, and shows it in place of a click.
  ///
  /// The storage is the origin's, which has the port in it, unlike a cookie's; it may be switched off, which only costs
  /// the click.
  private static let script = #"""
    "use strict";
    (() => {
      const form = document.forms[0];
      const name = "fedbroker " + location.pathname + " " + (new URLSearchParams(location.search).get("session_name") ?? "");
      const store = change => { try { return change(localStorage); } catch { return null; } };
      if ("forget" in form.dataset) store(storage => storage.removeItem(name));
      const kept = store(storage => storage.getItem(name));
      form.remember.checked = kept !== null;
      form.addEventListener("submit", event => {
        // A second click would find the code spent.
        if (form.dataset.sent) return event.preventDefault();
        form.dataset.sent = "yes";
        form.querySelector("button").setAttribute("aria-disabled", "true");
        document.getElementById("message").textContent = "Signing in …";
        store(storage => form.remember.checked ? storage.setItem(name, form.dataset.key) : storage.removeItem(name));
      });
      // A page that comes back from the browser's cache can be used again.
      addEventListener("pageshow", event => { if (event.persisted) location.reload(); });
      if (kept !== null) {
        form.code.name = "key";
        form.key.value = kept;
        form.dataset.sent = "yes";
        document.getElementById("message").textContent = "Signing in …";
        form.submit();
      }
    })();
    """#
}
