internal import Configuration
internal import HTTPTypes
internal import LocalHTTP
internal import Secrets

/// This API as OpenAPI 3.1: what `GET /openapi.json` answers.
enum APIDescription {
  static let response = Response(
    status: .ok, content: Content(mediaType: "application/json", bytes: Secret(text)))

  private static let text = #"""
    {
      "openapi": "3.1.1",
      "info": {
        "title": "fedbroker",
        "version": "\#(Version.text)",
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        "description": "Serves cached Amazon Connect federation tokens to the programs of this machine. HEAD is answered wherever GET is. A query parameter that is not listed is refused."
      },
      "servers": [{"url": "http://127.0.0.1:2776"}],
      "security": [{"token": []}],
      "paths": {
        "/v1/instances": {
          "get": {
            "operationId": "listInstances",
            "summary": "The instances and their state; nothing secret",
            "security": [{"token": []}, {"pageKey": []}],
            "responses": {
              "200": {"description": "What is listed and what is cached", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Instances"}}}},
              "4XX": {"$ref": "#/components/responses/Problem"}, "5XX": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/instances/{instance}/token": {
          "parameters": [{"$ref": "#/components/parameters/instance"}, {"$ref": "#/components/parameters/sessionName"}],
          "get": {
            "operationId": "getToken",
            "summary": "The instance's token, from the cache or fetched now",
            "parameters": [
              {"$ref": "#/components/parameters/field"},
              {
                "name": "min_ttl", "in": "query",
                "description": "How many seconds the token has at least to live. A new one that has less is answered all the same.",
                "schema": {"type": "integer", "minimum": 0, "maximum": \#(Route.longestMinimumLifetime), "default": 0}
              }
            ],
            "responses": {
              "200": {"$ref": "#/components/responses/Token"},
              "4XX": {"$ref": "#/components/responses/Problem"}, "5XX": {"$ref": "#/components/responses/Problem"}
            }
          },
          "delete": {
            "operationId": "forgetToken",
            "summary": "Forgets the instance's token",
            "responses": {
              "204": {"description": "It is forgotten, or there was none"},
              "4XX": {"$ref": "#/components/responses/Problem"}, "5XX": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/instances/{instance}/refresh": {
          "parameters": [{"$ref": "#/components/parameters/instance"}, {"$ref": "#/components/parameters/sessionName"}],
          "post": {
            "operationId": "refreshToken",
            "summary": "Fetches the instance's token now; concurrent requests share one call",
            "security": [{"token": []}, {"pageKey": []}],
            "parameters": [{"$ref": "#/components/parameters/field"}],
            "responses": {
              "200": {"$ref": "#/components/responses/Token"},
              "204": {"description": "It is fetched; the key of a page gets no token"},
              "4XX": {"$ref": "#/components/responses/Problem"}, "5XX": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/instances/{instance}/sign-in": {
          "parameters": [{"$ref": "#/components/parameters/instance"}],
          "post": {
            "operationId": "startSignIn",
            "summary": "An address that signs in to Amazon Connect in a browser, once and within 30 s",
            "security": [{"token": []}, {"pageKey": []}],
            "parameters": [
              {"$ref": "#/components/parameters/sessionName"},
              {
                "name": "destination", "in": "query",
                "description": "Where in Amazon Connect to end: a path that starts with one slash",
                "schema": {"type": "string", "default": "/", "pattern": "^/([^/\\\\\\x00-\\x1f\\x7f-\\x9f][^\\x00-\\x1f\\x7f-\\x9f]*)?$"}
              }
            ],
            "responses": {
              "201": {"$ref": "#/components/responses/Address"},
              "4XX": {"$ref": "#/components/responses/Problem"}, "5XX": {"$ref": "#/components/responses/Problem"}
            }
          },
          "get": {
            "operationId": "openSignInPage",
            "summary": "For a browser: a page that posts the credentials to SignInUrl",
            "security": [],
            "parameters": [{"name": "code", "in": "query", "required": true, "schema": {"type": "string"}}],
            "responses": {
              "200": {"description": "The page, for which the code is spent", "content": {"text/html": {"schema": {"type": "string"}}}},
              "4XX": {"$ref": "#/components/responses/ProblemOrPage"}, "5XX": {"$ref": "#/components/responses/ProblemOrPage"}
            }
          }
        },
        "/v1/status-page": {
          "post": {
            "operationId": "startStatusPage",
            "summary": "An address that opens the status page in a browser, once and within 30 s",
            "responses": {
              "201": {"$ref": "#/components/responses/Address"},
              "4XX": {"$ref": "#/components/responses/Problem"}, "5XX": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/v1/status-page/key": {
          "post": {
            "operationId": "getPageKey",
            "summary": "Exchanges the code that the status page was opened with for the page's key",
            "security": [],
            "requestBody": {
              "required": true,
              "content": {"application/json": {"schema": {"type": "object", "required": ["code"], "properties": {"code": {"type": "string"}}}}}
            },
            "responses": {
              "201": {
                "description": "A bearer token that is good for state, refresh and sign-in, and ends when it is idle for that many seconds",
                "content": {"application/json": {"schema": {
                  "type": "object", "required": ["key", "expires_in"],
                  "properties": {"key": {"type": "string"}, "expires_in": {"type": "integer"}}
                }}}
              },
              "4XX": {"$ref": "#/components/responses/Problem"}, "5XX": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/user/federate/{instance}": {
          "parameters": [{"$ref": "#/components/parameters/instance"}],
          "get": {
            "operationId": "GetFederationToken",
            "summary": "Amazon Connect's own operation, for AWS SDKs: signed with the access key id fedbroker and the token as secret key",
            "externalDocs": {"url": "https://docs.aws.amazon.com/connect/latest/APIReference/API_GetFederationToken.html"},
            "security": [{"token": []}, {"signature": []}],
            "responses": {
              "200": {"description": "As AWS answers, times in epoch seconds", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/WireToken"}}}},
              "4XX": {"$ref": "#/components/responses/ServiceError"}, "5XX": {"$ref": "#/components/responses/ServiceError"}
            }
          }
        },
        "/healthz": {
          "get": {
            "operationId": "health",
            "summary": "Whether the process can answer",
            "security": [],
            "responses": {
              "200": {"$ref": "#/components/responses/Status"},
              "4XX": {"$ref": "#/components/responses/Problem"}, "5XX": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/readyz": {
          "get": {
            "operationId": "readiness",
            "summary": "Whether every warm instance holds a live token; names the missing ones to those who show the token",
            "security": [],
            "responses": {
              "200": {"$ref": "#/components/responses/Status"},
              "4XX": {"$ref": "#/components/responses/Problem"}, "5XX": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/metrics": {
          "get": {
            "operationId": "metrics",
            "summary": "What Prometheus asks for; on an admin listener without the token",
            "responses": {
              "200": {"description": "Prometheus text format 0.0.4", "content": {"text/plain": {"schema": {"type": "string"}}}},
              "4XX": {"$ref": "#/components/responses/Problem"}, "5XX": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/openapi.json": {
          "get": {
            "operationId": "describe",
            "summary": "This description",
            "responses": {
              "200": {"description": "OpenAPI 3.1", "content": {"application/json": {"schema": {"type": "object"}}}},
              "4XX": {"$ref": "#/components/responses/Problem"}, "5XX": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/": {
          "get": {
            "operationId": "openStatusPage",
            "summary": "For a browser: the status page",
            "security": [],
            "parameters": [{"name": "code", "in": "query", "schema": {"type": "string"}}],
            "responses": {
              "200": {"description": "The page, which holds nothing secret", "content": {"text/html": {"schema": {"type": "string"}}}},
              "4XX": {"$ref": "#/components/responses/ProblemOrPage"}, "5XX": {"$ref": "#/components/responses/ProblemOrPage"}
            }
          }
        }
      },
      "components": \#(components)
    }
    """#
}
