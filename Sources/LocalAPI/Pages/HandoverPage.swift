internal import LocalHTTP
internal import Secrets

/// The page between two people: signs the former one out of Amazon Connect, and leads on to the sign-in of the next.
///
/// Amazon Connect's cookies outlive the token, and its `/logout` leads nowhere back: the page opens it in a window, and goes
/// on once that window shows another origin's page, when the cookies of its answer are in force.
struct HandoverPage {
  let former: SignedInPeople.Person
  let next: SignedInPeople.Person
  /// `/logout` of the instance.
  let logout: Secret
  /// The path with a one-time code that signs the next person in.
  let signIn: Secret

  func response() -> Response {
    let main = Secret(capacity: 2048) { main in
      main.append("<p id=\"message\" role=\"status\"></p>\n<dl class=\"who\"><dt>Until now</dt><dd>")
      main.appendHTML(former.name)
      main.append("</dd><dt>From now on</dt><dd>")
      main.appendHTML(next.name)
      main.append("</dd></dl>\n<p class=\"actions\"><button id=\"go\" class=\"main\" hidden data-logout=\"")
      main.appendHTML(logout)
      main.append("\" data-next=\"")
      main.appendHTML(signIn)
      main.append("\">Sign out ")
      main.appendHTML(former.name)
      main.append(" and go on</button></p>\n<noscript><ol><li><a target=\"_blank\" rel=\"noopener\" href=\"")
      main.appendHTML(logout)
      main.append("\">Sign out ")
      main.appendHTML(former.name)
      main.append("</a></li><li><a href=\"")
      main.appendHTML(signIn)
      main.append("\">Go on</a></li></ol></noscript>")
    }
    return Page(
      title: "Another person was signed in here", main: main, script: Self.script,
      directives: ["form-action 'none'", "require-trusted-types-for 'script'"]
    ).response()
  }

  private static let script = #"""
    "use strict";
    (() => {
      const go = document.getElementById("go");
      const say = text => { document.getElementById("message").textContent = text; };
      // The popup belongs to this page until another origin's page has come.
      const isThere = popup => { try { return popup.closed || popup.location.href === null; } catch { return true; } };
      go.hidden = false;
      go.focus();
      go.addEventListener("click", () => {
        if (go.getAttribute("aria-disabled") === "true") return;
        // With its opener, without which it could not be closed from here.
        const popup = open(go.dataset.logout, "", "popup, width=480, height=360");
        if (popup === null) return say("The browser opened no window. Allow this page to open one, and press again.");
        go.setAttribute("aria-disabled", "true");
        say("Signing out …");
        const end = Date.now() + 30000;
        const timer = setInterval(() => {
          const isDone = isThere(popup);
          if (!isDone && Date.now() < end) return;
          clearInterval(timer);
          popup.close();
          if (isDone) return location.replace(go.dataset.next);
          go.removeAttribute("aria-disabled");
          say("Amazon Connect does not answer. Is there a network? Press again.");
        }, 100);
      });
    })();
    """#
}
