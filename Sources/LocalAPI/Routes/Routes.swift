internal import Configuration
internal import FederationBroker
internal import HTTPTypes
internal import LocalHTTP
internal import RefreshingCache
internal import Secrets
internal import Telemetry

extension Route {
  /// Every route of the API: add one here, and nowhere else.
  static let all: [Route] = tokenRoutes + stateRoutes + pageRoutes

  private static let upstreamErrors = [400, 403, 404, 409, 423, 429, 502, 503, 504]

  private static let tokenRoutes = [
    Route(
      method: .get, pattern: "/v1/instances/{instance}/token", label: "token", needs: .everything, right: .token,
      query: [.sessionName, .minimumLifetime], shorthandQuery: [.field], isConditional: true,
      answers: [200: "Token", 304: "NotModified"], expectedErrors: upstreamErrors,
      operation: .init("getToken", "Returns the instance's token, from the cache or fetched now"),
      handler: { (service, call) throws(Problem) in try service.token(call) }),
    Route(
      method: .get, pattern: "/v1/instances/{instance}/token/\(fieldSegment)", label: "token", needs: .everything,
      right: .token, query: [.sessionName, .minimumLifetime], isConditional: true,
      answers: [200: "TokenField", 304: "NotModified"], expectedErrors: upstreamErrors,
      operation: .init(
        "getTokenField",
        "Returns one field of the instance's token as plain text, as ?field= does at the path without it"),
      handler: { (service, call) throws(Problem) in try service.tokenField(call) }),
    Route(
      method: .delete, pattern: "/v1/instances/{instance}/token", label: "forget", needs: .everything, right: .forget,
      query: [.sessionName], answers: [204: "Forgotten"], expectedErrors: [403, 404],
      operation: .init("forgetToken", "Erases the instance's token from the cache"),
      handler: { (service, call) throws(Problem) in try service.forget(call) }),
    Route(
      method: .post, pattern: "/v1/instances/{instance}/refresh", label: "refresh", needs: .page, right: .refresh,
      query: [.sessionName], shorthandQuery: [.field], answers: [200: "Token", 204: "Refreshed"],
      expectedErrors: upstreamErrors,
      operation: .init("refreshToken", "Fetches the instance's token now; concurrent requests share one call"),
      handler: { (service, call) throws(Problem) in try service.refresh(call) }),
    Route(
      method: .post, pattern: "/v1/instances/{instance}/diagnosis", label: "diagnosis", needs: .everything,
      right: .refresh, query: [.sessionName], answers: [200: "Diagnosis"],
      expectedErrors: [400, 403, 404, 423, 429, 503],
      operation: .init(
        "diagnose", "Tries the way to the instance's token step by step, with a call for the token as the last one"),
      handler: { (service, call) throws(Problem) in try service.diagnose(call) }),
    Route(
      method: .get, pattern: "/user/federate/{instance}", label: "federate", needs: .everything, right: .token,
      errorFormat: .aws,
      answers: [200: "WireToken"], expectedErrors: [400, 403, 404, 409, 423, 429, 500, 502, 503, 504],
      operation: .init(
        "GetFederationToken",
        "Amazon Connect's own operation, for AWS SDKs: signed with the access key id fedbroker and the token as secret key"
      ),
      handler: { (service, call) throws(Problem) in try service.federate(call) }),
  ]

  private static let stateRoutes = [
    Route(
      method: .get, pattern: "/v1/instances", label: "instances", needs: .page, right: .state,
      answers: [200: "Instances"], expectedErrors: [403],
      operation: .init("listInstances", "Lists the instances and their state; nothing secret"),
      handler: { (service, call) throws(Problem) in
        // Not on the event loop: the AWS CLI's caches are files of a home.
        service.later(call) { () async throws(Problem) in
          InstanceList.response(
            directory: call.state.directory, snapshots: service.broker.snapshot(), grants: call.grants,
            userARN: { service.broker.seen($0)?.userARN }, signInToAWS: call.state.directory.signInToAWS,
            lock: service.lock.current)
        }
      }),
    Route(
      method: .get, pattern: "/v1/lock", label: "lock", needs: .everything, right: .state, answers: [200: "Lock"],
      expectedErrors: [403],
      operation: .init("getLock", "Says whether no token is given, why, and what unlocks"),
      handler: { (service, call) throws(Problem) in try service.lockState(call) }),
    Route(
      method: .post, pattern: "/v1/lock", label: "lock", needs: .everything, right: .lock, answers: [200: "Lock"],
      expectedErrors: [403],
      operation: .init("lock", "Locks: no token is given or fetched until it is unlocked"),
      handler: { (service, call) throws(Problem) in try service.lockTokens(call) }),
    Route(
      method: .delete, pattern: "/v1/lock", label: "lock", needs: .everything, right: .lock,
      answers: [200: "Lock"], expectedErrors: [403],
      operation: .init("unlock", "Unlocks, whatever has locked"),
      handler: { (service, call) throws(Problem) in try service.unlockTokens(call) }),
    Route(
      method: .get, pattern: "/v1/configuration", label: "configuration", needs: .everything, right: .state,
      answers: [200: "Configuration"],
      operation: .init("getConfiguration", "Returns the configuration in force and where each value comes from"),
      handler: { (_, call) throws(Problem) in .now(ConfigurationAnswer.response(call.state.effective)) }),
    Route(
      method: .get, pattern: "/v1/log", label: "log", needs: .everything, right: .state, answers: [200: "Log"],
      expectedErrors: [403],
      operation: .init("getLog", "Returns the last lines of the log, for callers to whom no rule gives less than all"),
      handler: { (service, call) throws(Problem) in
        guard call.grants.isEverything else { throw .notGiven }
        return .now(
          Response(
            status: .ok,
            content: Content(mediaType: "text/plain; charset=utf-8", bytes: Secret(service.logTail.text))))
      }),
    Route(
      method: .get, pattern: "/healthz", label: "healthz", needs: .nothing, isOnAdminListener: true,
      answers: [200: "Status"], operation: .init("health", "Answers while the process can answer"),
      handler: { (_, _) throws(Problem) in .now(Probe.health()) }),
    Route(
      method: .get, pattern: "/readyz", label: "readyz", needs: .nothing, isOnAdminListener: true,
      answers: [200: "Status"], expectedErrors: [503],
      operation: .init(
        "readiness",
        "Says whether every warm instance holds a live token; names the missing ones to callers with the token"),
      handler: { (service, call) throws(Problem) in
        .now(
          try Probe.readiness(
            of: call.state.directory, snapshots: service.broker.snapshot(), lock: service.lock.current,
            namesMissing: call.rights == .everything ? call.grants : nil))
      }),
    Route(
      method: .get, pattern: "/metrics", label: "metrics", needs: .everything, right: .state, isOnAdminListener: true,
      answers: [200: "Metrics"], expectedErrors: [403],
      operation: .init("metrics", "Returns the metrics for Prometheus; on an admin listener without the token"),
      handler: { (service, call) throws(Problem) in
        // Not on the event loop, which has others to answer meanwhile.
        .later { [page = service.metricsPage, isLocked = service.lock.current != nil] in
          page.response(call.state.directory, call.grants, isLocked: isLocked)
        }
      }),
    Route(
      method: .post, pattern: "/quit", label: "quit", needs: .nothing, isOnAdminListener: true, isOnMainListener: false,
      answers: [202: "Status"], expectedErrors: [403],
      operation: .init("quit", "Ends the daemon as SIGTERM does, where allow_quit is set"),
      handler: { (service, call) throws(Problem) in try service.quit(call) }),
    Route(
      method: .get, pattern: "/openapi.json", label: "openapi", needs: .nothing, answers: [200: "Description"],
      operation: .init("describe", "Returns this description"),
      handler: { (_, _) throws(Problem) in .now(APIDescription.response) }),
  ]

  private static let pageRoutes = [
    Route(
      method: .get, pattern: "/v1/instances/{instance}/sign-in", label: "signIn", needs: .nothing, errorFormat: .page,
      requiredQuery: [.code], answers: [200: "SignInPage"], expectedErrors: [403, 404, 423],
      operation: .init("openSignInPage", "For a browser: returns a page that posts the credentials to SignInUrl"),
      handler: { (service, call) throws(Problem) in service.signInPage(call) }),
    Route(
      method: .post, pattern: "/v1/instances/{instance}/sign-in", label: "signIn", needs: .page, right: .signIn,
      query: [.sessionName, .destination], answers: [201: "Address"],
      expectedErrors: [403, 423],
      operation: .init(
        "startSignIn", "Returns an address that signs in to Amazon Connect in a browser, once and within 30 s"),
      handler: { (service, call) throws(Problem) in try service.signInAddress(call) }),
    Route(
      method: .get, pattern: "/sign-in/{instance}", label: "signIn", needs: .nothing, right: .signIn,
      isOpenToNavigation: true, errorFormat: .page, query: [.sessionName, .destination],
      answers: [200: "SignInButtonPage"], expectedErrors: [403, 404, 423],
      operation: .init(
        "openLastingSignInPage",
        "For a browser of an admitted user: returns a page with a button that signs in; the address is for bookmarks"),
      handler: { (service, call) throws(Problem) in try service.lastingSignInPage(call) }),
    Route(
      method: .post, pattern: "/sign-in/{instance}", label: "signIn", needs: .nothing, right: .signIn,
      errorFormat: .page, query: [.sessionName, .destination], keptBodyBytes: 4096,
      answers: [200: "SignInButtonPage"], expectedErrors: [403, 404, 413, 423],
      operation: .init(
        "signInFromPage", "For that page: returns a page that posts the credentials to SignInUrl",
        requestBody:
          #"{"type": "object", "properties": {"code": {"type": "string"}, "key": {"type": "string"}, "remember": {"type": "string"}}}"#,
        requestMediaType: "application/x-www-form-urlencoded"),
      handler: { (service, call) throws(Problem) in try service.signInFromPage(call) }),
    Route(
      method: .post, pattern: "/v1/instances/{instance}/aws-sign-in", label: "awsSignIn", needs: .page, right: .signIn,
      query: [.sessionName], answers: [201: "Address"], expectedErrors: [403, 409, 423],
      operation: .init(
        "startAWSSignIn",
        "Returns an address where the daemon's own user signs in to IAM Identity Center, as fedbroker login does"),
      handler: { (service, call) throws(Problem) in try service.awsSignInAddress(call) }),
    Route(
      method: .get, pattern: "/oauth/callback", label: "awsSignIn", needs: .nothing, isOpenToNavigation: true,
      errorFormat: .page, ignoresUnknownQuery: true, answers: [200: "SignInButtonPage"],
      expectedErrors: [400, 403, 423],
      operation: .init("finishAWSSignIn", "For a browser that IAM Identity Center sends back: keeps the sign-in"),
      handler: { (service, call) throws(Problem) in try service.awsSignInPage(call) }),
    Route(
      method: .post, pattern: "/v1/status-page", label: "statusPage", needs: .everything, right: .state,
      answers: [201: "Address"],
      operation: .init(
        "startStatusPage", "Returns an address that opens the status page in a browser, once and within 30 s"),
      handler: { (service, call) throws(Problem) in .now(try service.pages.statusPageAddress(call)) }),
    Route(
      method: .post, pattern: "/v1/status-page/key", label: "statusPage", needs: .nothing, keptBodyBytes: 4096,
      answers: [201: "PageKey"], expectedErrors: [403, 413],
      operation: .init(
        "getPageKey", "Exchanges the code that the status page was opened with for the page's key",
        requestBody:
          #"{"type": "object", "required": ["code"], "properties": {"code": {"type": "string"}}}"#),
      handler: { (service, call) throws(Problem) in .now(try service.pages.pageKey(call)) }),
    Route(
      method: .get, pattern: "/", label: "statusPage", needs: .nothing, isOpenToNavigation: true,
      errorFormat: .page, query: [.code],
      answers: [200: "StatusPage"], expectedErrors: [403],
      operation: .init(
        "openStatusPage", "For a browser: returns the status page; the address without a code is for bookmarks"),
      handler: { (service, call) throws(Problem) in try service.statusPage(call) }),
  ]
}
