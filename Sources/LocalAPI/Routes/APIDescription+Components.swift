internal import AWS
internal import Telemetry

extension APIDescription {
  /// The parts that operations share.
  static let components = #"""
    {
      "securitySchemes": {
        "token": {"type": "http", "scheme": "bearer", "description": "The content of a token file. On a unix socket the peer's user counts instead."},
        "pageKey": {"type": "http", "scheme": "bearer", "description": "The key of a status page"},
        "signature": {"type": "apiKey", "in": "header", "name": "Authorization", "description": "AWS Signature Version 4, with the access key id fedbroker and the token as secret key. The answer then carries Fedbroker-Proof"}
      },
      "parameters": {
        "instance": {
          "name": "instance", "in": "path", "required": true,
          "description": "An alias of the configuration, an instance id or a percent-encoded ARN",
          "schema": {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[^\\x00]+$", "not": {"enum": [".", ".."]}}
        },
        "ifNoneMatch": {
          "name": "If-None-Match", "in": "header", "required": false,
          "description": "The ETag of a token that the caller has: another one is answered with 200, this one with 304",
          "schema": {"type": "string"}
        },
        "prefer": {
          "name": "Prefer", "in": "header", "required": false,
          "description": "wait=SECONDS with If-None-Match: waits so long, at most \#(TokenCondition.longestWait), for another token",
          "schema": {"type": "string"}
        },
        "field": {
          "name": "field", "in": "path", "required": true, "description": "One field of the token",
          "schema": {"$ref": "#/components/schemas/TokenFieldName"}
        }
      },
      "responses": {
        "Token": {
          "description": "The token",
          "headers": {
            "ETag": {"description": "Tells this token from others", "schema": {"type": "string"}},
            "Cache-Status": {"description": "RFC 9211", "schema": {"type": "string"}},
            "Age": {"description": "Seconds since AWS answered", "schema": {"type": "integer", "minimum": 0}}
          },
          "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Token"}}}
        },
        "TokenField": {
          "description": "The field",
          "headers": {
            "ETag": {"description": "Tells this token from others", "schema": {"type": "string"}},
            "Cache-Status": {"description": "RFC 9211", "schema": {"type": "string"}},
            "Age": {"description": "Seconds since AWS answered", "schema": {"type": "integer", "minimum": 0}}
          },
          "content": {"text/plain": {"schema": {"type": "string"}}}
        },
        "Configuration": {
          "description": "Every key, in the order of the configuration file; nothing secret",
          "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Configuration"}}}
        },
        "Diagnosis": {
          "description": "The steps up to the first that is wrong",
          "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Diagnosis"}}}
        },
        "Log": {
          "description": "At most \#(LogTail.capacity) lines, the oldest first; nothing secret",
          "content": {"text/plain": {"schema": {"type": "string"}}}
        },
        "NotModified": {"description": "The caller has the token that If-None-Match names, and there was no other in time"},
        "Lock": {
          "description": "Why no token is given; null while tokens are given",
          "content": {"application/json": {"schema": {
            "type": "object", "required": ["lock"], "properties": {"lock": {"$ref": "#/components/schemas/Lock"}}
          }}}
        },
        "Forgotten": {"description": "The token is erased, or there was none"},
        "Refreshed": {"description": "The token is fetched; the key of a page gets no token"},
        "WireToken": {
          "description": "The answer of AWS, times in epoch seconds",
          "content": {"application/json": {"schema": {"$ref": "#/components/schemas/WireToken"}}}
        },
        "Instances": {
          "description": "The listed instances and the cached tokens that the caller may see",
          "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Instances"}}}
        },
        "Metrics": {
          "description": "Prometheus text format 0.0.4",
          "content": {"text/plain": {"schema": {"type": "string"}}}
        },
        "Description": {"description": "OpenAPI 3.1", "content": {"application/json": {"schema": {"type": "object"}}}},
        "SignInPage": {
          "description": "The page; the code is spent", "content": {"text/html": {"schema": {"type": "string"}}}
        },
        "SignInButtonPage": {
          "description": "A page with the button that signs in, or the page that does",
          "content": {"text/html": {"schema": {"type": "string"}}}
        },
        "StatusPage": {
          "description": "The page, which holds nothing secret", "content": {"text/html": {"schema": {"type": "string"}}}
        },
        "PageKey": {
          "description": "A bearer token for state, refresh and sign-in, which ends after that many seconds without use, and after twelve hours",
          "content": {"application/json": {"schema": {
            "type": "object", "required": ["key", "expires_in"],
            "properties": {"key": {"type": "string"}, "expires_in": {"type": "integer"}}
          }}}
        },
        "Address": {
          "description": "An address with a one-time code, and the seconds for which it is good",
          "content": {"application/json": {"schema": {
            "type": "object", "required": ["url", "expires_in"],
            "properties": {"url": {"type": "string", "format": "uri"}, "expires_in": {"type": "integer"}}
          }}}
        },
        "Status": {
          "description": "The answer is yes",
          "content": {"application/json": {"schema": {"type": "object", "required": ["status"], "properties": {"status": {"type": "string"}}}}}
        },
        "Problem": {
          "description": "An error (RFC 9457)",
          "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        },
        "ProblemOrPage": {
          "description": "An error, as a page for a browser",
          "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}},
            "text/html": {"schema": {"type": "string"}}
          }
        },
        "ServiceError": {
          "description": "An error in the format of AWS",
          "headers": {"x-amzn-ErrorType": {"description": "The code", "schema": {"type": "string"}}},
          "content": {"application/json": {"schema": {"type": "object", "required": ["message"], "properties": {"message": {"type": "string"}}}}}
        }
      },
      "schemas": {
        "Token": {
          "type": "object", "required": ["Credentials"],
          "properties": {
            "Credentials": {
              "type": "object", "required": ["AccessToken"],
              "properties": {
                "AccessToken": {"type": "string"},
                "AccessTokenExpiration": {"type": "string", "format": "date-time"},
                "RefreshToken": {"type": "string"},
                "RefreshTokenExpiration": {"type": "string", "format": "date-time"}
              }
            },
            "SignInUrl": {"type": "string"}, "UserArn": {"type": "string"}, "UserId": {"type": "string"}
          }
        },
        "TokenFieldName": {"type": "string", "enum": [\#(TokenField.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))]},
        "Configuration": {
          "type": "object", "required": ["version", "settings"],
          "properties": {
            "version": {"type": "string"},
            "settings": {"type": "array", "items": {
              "type": "object", "required": ["key", "value", "origin"],
              "properties": {
                "key": {"type": "string", "description": "With its table in front: cache.max_entries"},
                "value": {"description": "null where the key is not set"},
                "origin": {"type": "string", "description": "For people: default, file PATH, environment NAME or flag NAME"}
              }
            }}
          }
        },
        "Diagnosis": {
          "type": "object", "required": ["findings"],
          "properties": {"findings": {"type": "array", "items": {"$ref": "#/components/schemas/Finding"}}}
        },
        "Finding": {
          "type": "object", "required": ["step", "outcome", "tried", "result", "mend"],
          "properties": {
            "step": {"type": "string", "enum": [\#(Finding.Step.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))]},
            "outcome": {"type": "string", "enum": ["good", "warning", "wrong"]},
            "tried": {"type": "string", "description": "What was done, for people"},
            "result": {"type": "string", "description": "What came, for people"},
            "mend": {"type": ["string", "null"], "description": "What to do, for people"}
          }
        },
        "WireToken": {
          "type": "object", "required": ["Credentials"],
          "properties": {
            "Credentials": {
              "type": "object", "required": ["AccessToken"],
              "properties": {
                "AccessToken": {"type": "string"}, "AccessTokenExpiration": {"type": "number"},
                "RefreshToken": {"type": "string"}, "RefreshTokenExpiration": {"type": "number"}
              }
            },
            "SignInUrl": {"type": "string"}, "UserArn": {"type": "string"}, "UserId": {"type": "string"}
          }
        },
        "Instances": {
          "type": "object", "required": ["instances", "lock"],
          "properties": {
            "instances": {"type": "array", "items": {"$ref": "#/components/schemas/Instance"}},
            "lock": {"$ref": "#/components/schemas/Lock"}
          }
        },
        "Lock": {
          "type": ["object", "null"], "required": ["causes", "since", "remedy"],
          "properties": {
            "causes": {"type": "array", "minItems": 1, "items": {"enum": [\#(LockState.Cause.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))]}},
            "since": {"type": "string", "format": "date-time"},
            "remedy": {"type": "string", "description": "What unlocks, for people"}
          }
        },
        "Instance": {
          "type": "object",
          "required": ["alias", "id", "region", "profile", "role_arn", "session_name", "warm", "state", "expires_at", "expires_in", "last_refresh", "last_error", "user_arn", "aws_sign_in"],
          "properties": {
            "alias": {"type": ["string", "null"]},
            "id": {"type": "string"},
            "region": {"type": ["string", "null"]},
            "profile": {"type": ["string", "null"]},
            "role_arn": {"type": ["string", "null"]},
            "session_name": {"type": ["string", "null"]},
            "warm": {"type": "boolean"},
            "state": {"enum": ["empty", "fetching", "live", "refreshing"]},
            "expires_at": {"type": ["string", "null"], "format": "date-time"},
            "expires_in": {"type": ["integer", "null"]},
            "aws_sign_in": {"type": ["object", "null"], "required": ["expires_in"], "description": "The sign-in to IAM Identity Center that the credentials come from; null where they come from elsewhere", "properties": {"expires_in": {"type": ["integer", "null"]}}},
            "user_arn": {"type": ["string", "null"], "description": "Whose token it is, as AWS says; null without a live token"},
            "last_refresh": {"type": ["string", "null"], "format": "date-time"},
            "last_error": {"type": ["object", "null"], "required": ["code", "detail"], "properties": {"code": {"type": "string"}, "detail": {"type": "string"}}}
          }
        },
        "Problem": {
          "type": "object", "required": ["type", "title", "status", "detail", "code", "request_id"],
          "properties": {
            "type": {"const": "about:blank"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string", "description": "For people"},
            "code": {
              "type": "string", "description": "For programs: one of these, or of AWS's",
              "examples": [\#(ErrorCode.namesInProblems.map { "\"\($0)\"" }.joined(separator: ", "))]
            },
            "request_id": {"type": "string", "format": "uuid"},
            "upstream_request_id": {"type": "string"}
          }
        }
      }
    }
    """#
}
