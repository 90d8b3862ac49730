"""Prints what the AWS CLI's jmespath package makes of a table of expressions, as JSON lines.

jmespath.jsonl is this output. Each line has the value as JSON text, the expression, and the result as JSON text or the
error's kind and message.
"""

import json
import warnings

import jmespath
from jmespath import exceptions

TOKEN = (
    '{"Credentials":{"AccessToken":"AT-1","AccessTokenExpiration":1732464000.0,"RefreshToken":"RT-1",'
    '"RefreshTokenExpiration":1.73250E9},"SignInUrl":"https://example.my.connect.aws/auth/sign-in",'
    '"UserArn":"arn:aws:connect:eu-central-1:1:instance/i/agent/u","UserId":"u-1"}'
)
AGENTS = (
    '{"agents":[{"name":"Zoë","age":41,"skills":["en","fr"],"active":true,"rate":1.5},'
    '{"name":"Ada","age":36,"skills":[],"active":false,"rate":2},'
    '{"name":"漢字","age":41.0,"skills":["de",["nested"]],"active":null},'
    '{"name":"Bob","age":29,"rate":-0.5,"skills":null}],'
    '"queues":{"b":{"depth":2,"tags":["x"]},"a":{"depth":0,"tags":[]},"c":7},'
    '"with space":1,"empty":{},"none":null,"zero":0,"nested":[[1,[2,3]],[[4]],5,[]]}'
)
NUMBERS = '[1,1.0,-0,-0.0,1e3,1.5E-7,12345678901234567890,1e16,1e22,0.0001,0.00001,123456789012345680.0,3.14,1e400]'
INTEGERS = "[3,1,2,10,-4]"
STRINGS = '["b","a","B","é","e\\u0301","\\ud83d\\ude00","\\uffff",""]'
MIXED = '[0,1,true,false,null,"",[],{},"0",[1],[true],{"a":1},{"a":1.0}]'

EXPRESSIONS = {
    TOKEN: """
@
Credentials
Credentials.AccessToken
Credentials.AccessTokenExpiration
Credentials.RefreshTokenExpiration
[UserId, UserArn]
[Credentials.AccessToken, SignInUrl, missing]
{id: UserId, url: SignInUrl, "with space": Credentials.AccessTokenExpiration}
*
Credentials.*
keys(@)
keys(Credentials)
values(Credentials)
length(@)
length(SignInUrl)
Credentials | [AccessToken, RefreshToken]
Credentials.[AccessToken, RefreshToken]
Credentials.{a: AccessToken, r: RefreshToken}
Credentials.AccessTokenExpiration > `1700000000`
Credentials.AccessTokenExpiration == `1732464000`
ceil(Credentials.AccessTokenExpiration)
floor(Credentials.RefreshTokenExpiration)
to_string(Credentials.AccessTokenExpiration)
to_string(Credentials)
to_string(@)
to_number(Credentials.RefreshTokenExpiration)
sum(Credentials.[AccessTokenExpiration, RefreshTokenExpiration])
avg([Credentials.AccessTokenExpiration])
starts_with(SignInUrl, 'https://')
ends_with(UserArn, '/u')
contains(UserArn, 'instance')
contains(keys(@), 'UserId')
join('|', [UserId, SignInUrl])
reverse(UserId)
merge(Credentials, {AccessToken: 'changed', More: UserId})
type(Credentials.AccessTokenExpiration)
not_null(missing, UserId)
missing || UserId
missing && UserId
UserId && SignInUrl
!missing
UserId == 'u-1' && `yes` || `no`
Credentials.missing.deeper
Credentials[0]
Credentials[*]
SignInUrl[0]
UserId.foo
"SignInUrl"
"Sign\\u0049nUrl"
@.Credentials.AccessToken
{a: UserId, a: SignInUrl, b: @.UserId}
{a: UserId b: SignInUrl}
not_null(missing UserId,)
foo(@)
abs(UserId)
abs()
length(Credentials.AccessTokenExpiration)
join(',', UserId)
sort(@)
to_array(UserId)
to_array([UserId])
Credentials.AccessToken | @ | @
""",
    AGENTS: """
agents[*].name
agents[].name
agents[0]
agents[-1].name
agents[9]
agents[-9]
agents[1:3].name
agents[::-1].name
agents[::2].name
agents[-2:].name
agents[:1]
agents[3:0:-1].name
agents[::0]
agents[99999999999999999999]
agents[-99999999999999999999:99999999999999999999:99999999999999999999].name
agents[?active].name
agents[?!active].name
agents[?age == `41`].name
agents[?age > `30` && rate].name
agents[?age >= `36`].age
agents[?name > 'B'].name
agents[?name == '漢字'].age
agents[?skills].skills[]
agents[*].skills
agents[*].skills[]
agents[].skills[]
agents[].skills[][]
agents[*].skills[0]
agents[*].[name, age]
agents[*].{n: name, a: age}
agents[?rate < `0`] | [0].name
agents[?contains(name, 'o')].name
agents[?age == `41`] | length(@)
sort_by(agents, &age)[*].name
sort_by(agents, &name)[*].name
sort_by(agents, &active)
sort_by(agents, &rate)
sort_by(none || `[]`, &x)
max_by(agents, &age).name
min_by(agents, &age).name
max_by(agents, &name).name
min_by(agents, &skills)
max_by(agents[?rate], &rate).name
map(&name, agents)
map(&missing, agents)
map(&skills[0], agents)
max_by(agents, name)
map(agents, &name)
queues.*.depth
queues.*
queues.*.tags[]
queues.a.depth || 'empty'
!queues.a.depth
"with space"
with space
empty.*
empty || none || zero
!empty
nested[]
nested[][]
nested[*][0]
nested[0][1][0]
nested[0][0:1]
nested[0][0:1].foo
nested[0:1][0]
nested[?@]
nested[*][]
nested[0][1][0:1][0]
*.a
keys(agents[0])
agents[*].keys(@)
agents.name
(agents)[0].name
(agents[0]).name
agents | [0] | name
agents[0].skills | join('-', @)
agents[*].to_string(skills)
agents[*].length(name)
length(agents)
agents[?age == `41`].{n: name, s: skills[0]} | [0]
agents[?@.age < `40`].[@.name]
agents[?type(age) == 'number'] | length(@)
{first: agents[0].name, rest: agents[1:].name, total: sum(agents[].age)}
(name)(agents)
""",
    NUMBERS: """
@
[0] == [1]
[2]
[3]
[4]
[5]
abs([3])
abs([5])
sum([0:2])
sum(@)
avg([0:3])
max(@)
min(@)
sort([0:6])
ceil([6])
ceil([12])
floor([12])
ceil(`-0.5`)
ceil([13])
floor(`-1.5`)
to_string(@)
[*].to_string(@)
[*].type(@)
contains(@, `1000`)
[?@ == `1`]
[?@ > `2`]
[?@ <= `0`]
abs(`-3`)
sum(`[]`)
avg(`[]`)
max(`[]`)
sum([0.1, 0.2, 0.3])
sum(`[0.1,0.2,0.3]`)
avg(`[1,2]`)
avg(`[2,2]`)
to_number('12')
to_number(' -12 ')
to_number('1_000')
to_number('1.50')
to_number('1e3')
to_number('.5')
to_number('0x10')
to_number('abc')
to_number('')
to_number('--1')
to_number('1__0')
to_number('٣')
to_number('+1_0.5_0E-1_0')
to_number('5.')
to_number('.')
to_number('1e')
to_number('_1')
to_number('1_')
to_number('1_.5')
to_number('-Infinity')
to_number('infinit')
to_number(' 1 2 ')
to_number('-0')
to_number('1e999')
to_number('123456789012345678901234567890')
[99999999999999999999
foo 99999999999999999999
to_number('inf')
to_number('NaN')
to_number(`true`)
to_number(`[1]`)
to_number(`{}`)
to_number(`null`)
floor(to_number('nan'))
floor(to_number('inf'))
[0] < 'a'
'a' >= [0]
`007`
[007]
[-]
[1.5]
""",
    INTEGERS: """
sort(@)
max(@)
min(@)
sum(@)
avg(@)
reverse(@)
reverse(sort(@))
[1:]
[:-1]
[::-2]
[-1]
[?@ > `1`] | [0]
[@, [0]][]
length(@)
join(',', @)
join(',', map(&to_string(@), @))
sort_by(@, &@)
sort_by(@, &to_string(@))
max_by(@, &abs(@))
contains(@, '3')
contains(@, `3.0`)
not_null()
[*]
[]
*
""",
    STRINGS: """
sort(@)
max(@)
min(@)
@
[*].length(@)
[*].reverse(@)
contains(@, 'a')
[3] == [4]
[?@ == 'é']
[?starts_with(@, 'e')]
join('', @)
to_string(@)
contains([3], 'e')
contains([4], 'e')
contains('abc', '')
contains('abc', `1`)
[?@ < 'b']
[*].to_array(@)
length('漢字')
reverse('añb')
'raw \\n string'
'it\\'s'
'back\\\\slash'
`"quoted \\u00e9"`
`unquoted`
` spaced`
`[1, 2.50, {"b": 1, "a": 2}]`
`a \\` tick`
``
`"unclosed`
"a\\xb"
"a\\u12g"
'unclosed
"unclosed
`unclosed
""",
    MIXED: """
[?@]
[?!@]
[*].type(@)
[*].to_string(@)
[0] == [2]
[1] == [2]
[1] == `1.0`
[9] == [10]
[11] == [12]
contains(@, `1`)
contains(@, `true`)
[?@ == `true`]
[?@ == `0`]
[?@ != `null`]
[?@ == `{}`]
[0] || 'x'
[5] || [6] || [7] || 'last'
[0] && 'x'
max(@)
sort(@)
sum([?type(@) == 'number'])
sort([0:3])
join(',', @)
[*].not_null(@, 'was null')
merge([7], [11])
merge([7], [6])
merge([7], [0])
map(&@, [7])
length([0])
length([7])
keys([6])
values([11])
to_array([7])
min([0:2])
min_by(@, &@)
max_by([[0], [8]], &@)
""",
    "{}": """
foo.
foo.1
foo[
foo[0
foo[a
foo['a']
foo[*
foo[?a
foo[?a == 1]
foo ||
|| foo
foo bar
foo 'bar'
foo `{"a": [1, null]}`
foo | | bar
foo(
foo(a
foo(a,
{a
{a:
{a: b
{a: b,
{a: b,}
{1: b}
{}
[a
[a,
[a,]
[,]
foo.[
foo.{
foo.'x'
foo =  bar
=
foo #
foo$
foo.*.
*foo
foo *
foo.*bar
foo[]bar
foo[1:2:3:4]
foo[1:a]
foo[::
(foo
foo)
@(foo)
'foo'(bar)
foo[0](bar)
"foo"(bar)
&
!
foo & bar
foo.!bar
ключ
a.b.c.d
{a: {b: {c: @}}}
[[[@]]]
@ == `{}`
@ != `{}`
`{}` == `[]`
(((a))) || ((b || 'deep'))
!(!(!a))
a == b == c
a < b
`1` < `2` == `true`
`1` < `2` && `2` < `3`
a || b && c || 'd'
a | b || 'c' | @
unknown(bar)
[?unknown(@)]
length(a)
""",
}

KINDS = [
    (exceptions.VariadictArityError, "invalid-arity"),
    (exceptions.ArityError, "invalid-arity"),
    (exceptions.JMESPathTypeError, "invalid-type"),
    (exceptions.UnknownFunctionError, "unknown-function"),
    (exceptions.JMESPathError, "syntax"),
    (TypeError, "invalid-type"),
    ((ValueError, OverflowError), "invalid-value"),
]


def answer(value, expression):
    try:
        result = jmespath.search(expression, json.loads(value))
        return {"result": json.dumps(result, separators=(",", ":"))}
    except Exception as error:
        kind = next(kind for classes, kind in KINDS if isinstance(error, classes))
        return {"error": kind, "message": str(error)}


def main():
    warnings.simplefilter("ignore")
    for value, expressions in EXPRESSIONS.items():
        for expression in expressions.strip("\n").split("\n"):
            print(json.dumps({"value": value, "expression": expression, **answer(value, expression)}))


if __name__ == "__main__":
    main()
