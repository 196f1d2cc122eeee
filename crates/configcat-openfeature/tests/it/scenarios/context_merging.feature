# Which context value the user has: the cases of the suite of the specification about the precedence of contexts, but for the
# level of transactions, which the Rust SDK of OpenFeature does not have.

Feature: Merging contexts

  Background:
    Given a provider that is ready

  Scenario Outline: A value of one level
    Given the <level> context has "key" of "value"
    When the string flag "string-flag" is evaluated
    Then the user has "key" of "value"

    Examples:
      | level       |
      | API         |
      | client      |
      | invocation  |
      | before hook |

  Scenario: Values of all levels with names of their own
    Given the API context has "a" of "API value"
    And the client context has "c" of "client value"
    And the invocation context has "i" of "invocation value"
    And the before hook context has "b" of "before hook value"
    When the string flag "string-flag" is evaluated
    Then the user has "a" of "API value"
    And the user has "c" of "client value"
    And the user has "i" of "invocation value"
    And the user has "b" of "before hook value"

  Scenario: The client overwrites the API
    Given the API context has "key" of "API"
    And the client context has "key" of "client"
    When the string flag "string-flag" is evaluated
    Then the user has "key" of "client"

  Scenario: The invocation overwrites the client and the API
    Given the API context has "key" of "API"
    And the client context has "key" of "client"
    And the invocation context has "key" of "invocation"
    When the string flag "string-flag" is evaluated
    Then the user has "key" of "invocation"

  Scenario: The before hook overwrites all
    Given the API context has "key" of "API"
    And the client context has "key" of "client"
    And the invocation context has "key" of "invocation"
    And the before hook context has "key" of "before hook"
    When the string flag "string-flag" is evaluated
    Then the user has "key" of "before hook"
