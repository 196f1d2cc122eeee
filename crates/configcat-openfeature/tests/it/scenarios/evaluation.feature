# What an OpenFeature provider has to answer: the flags and the cases of the evaluation suites of the specification
# (specification/assets/gherkin), as far as a provider of ConfigCat for Rust can have them, and below them what ConfigCat has
# besides. Left out are what the Rust SDK of OpenFeature does not have (defaults of the caller, context values that are null, the
# states FATAL and STALE of a client) and what ConfigCat does not have (disabled flags, flags without a default variant, cached
# results, metadata that one writes to a flag).

Feature: Evaluating flags

  Background:
    Given a provider that is ready

  Scenario Outline: A flag without rules has its value and variant, and is static
    When the <type> flag "<key>" is evaluated
    Then the value is <value>
    And the variant is "<variant>"
    And the reason is STATIC
    And the flag key is "<key>"

    Examples:
      | type    | key               | value | variant  |
      | boolean | boolean-flag      | true  | on       |
      | string  | string-flag       | "hi"  | greeting |
      | integer | integer-flag      | 10    | ten      |
      | float   | float-flag        | 0.5   | half     |
      | object  | object-flag       | {"showImages": true, "title": "Check out these pics!", "imagesPerPage": 100} | template |
      | boolean | boolean-zero-flag | false | zero     |
      | string  | string-zero-flag  | ""    | zero     |
      | integer | integer-zero-flag | 0     | zero     |
      | float   | float-zero-flag   | 0.0   | zero     |
      | object  | object-zero-flag  | {}    | zero     |

  Scenario Outline: A rule that matches gives a value that is zero
    Given the context has the string "email" of "ballmer@macrosoft.com"
    When the <type> flag "<key>" is evaluated
    Then the value is <value>
    And the variant is "zero"
    And the reason is TARGETING_MATCH

    Examples:
      | type    | key                        | value |
      | boolean | boolean-targeted-zero-flag | false |
      | string  | string-targeted-zero-flag  | ""    |
      | integer | integer-targeted-zero-flag | 0     |
      | float   | float-targeted-zero-flag   | 0.0   |
      | object  | object-targeted-zero-flag  | {}    |

  Scenario Outline: Where no rule matches, the value is the default of the flag
    Given the context has the string "email" of "ballmer@none.com"
    When the <type> flag "<key>" is evaluated
    Then the value is <value>
    And the reason is DEFAULT

    Examples:
      | type    | key                        | value |
      | boolean | boolean-targeted-zero-flag | false |
      | string  | string-targeted-zero-flag  | ""    |
      | integer | integer-targeted-zero-flag | 0     |
      | float   | float-targeted-zero-flag   | 0.0   |
      | object  | object-targeted-zero-flag  | {}    |

  Scenario Outline: An empty context matches no rule
    When the <type> flag "<key>" is evaluated
    Then the value is <value>
    And the reason is DEFAULT

    Examples:
      | type    | key                        | value |
      | boolean | boolean-targeted-zero-flag | false |
      | string  | string-targeted-zero-flag  | ""    |
      | integer | integer-targeted-zero-flag | 0     |
      | float   | float-targeted-zero-flag   | 0.0   |
      | object  | object-targeted-zero-flag  | {}    |

  Scenario: The value goes by the context
    Given the context has the string "fn" of "Sulisław"
    And the context has the string "ln" of "Świętopełk"
    And the context has the integer "age" of 29
    And the context has the boolean "customer" of false
    When the string flag "context-aware" is evaluated
    Then the value is "INTERNAL"
    And the reason is TARGETING_MATCH

  Scenario: The value goes by one of many context values
    Given the context has the string "email" of "ballmer@macrosoft.com"
    And the context has the string "role" of "admin"
    And the context has the integer "age" of 65
    And the context has the boolean "customer" of false
    When the string flag "context-aware" is evaluated
    Then the value is "INTERNAL"
    And the reason is TARGETING_MATCH

  Scenario: Without a context it is that of all others
    When the string flag "context-aware" is evaluated
    Then the value is "EXTERNAL"
    And the reason is DEFAULT

  Scenario Outline: A flag that is not there
    When the <type> flag "missing-flag" is evaluated
    Then the error is FLAG_NOT_FOUND
    And the error message contains "missing-flag"
    And the reason that hooks see is ERROR

    Examples:
      | type    |
      | boolean |
      | string  |
      | integer |
      | float   |
      | object  |

  Scenario Outline: A flag of another type
    When the <type> flag "<key>" is evaluated
    Then the error is TYPE_MISMATCH
    And the reason that hooks see is ERROR

    Examples:
      | type    | key          |
      | integer | wrong-flag   |
      | string  | boolean-flag |
      | integer | boolean-flag |
      | float   | boolean-flag |
      | boolean | string-flag  |
      | integer | string-flag  |
      | object  | string-flag  |
      | object  | boolean-flag |
      | float   | integer-flag |

  Scenario Outline: A provider that is not ready
    Given a provider that is not ready
    When the <type> flag "<key>" is evaluated
    Then the error is PROVIDER_NOT_READY
    And the reason that hooks see is ERROR

    Examples:
      | type    | key          |
      | boolean | boolean-flag |
      | string  | string-flag  |
      | integer | integer-flag |
      | float   | float-flag   |
      | object  | object-flag  |

  Scenario Outline: The status of a provider
    Given a provider that is <state>
    Then the status is <status>

    Examples:
      | state     | status    |
      | ready     | READY     |
      | not ready | NOT_READY |
      | in error  | ERROR     |
      | stale     | STALE     |

  Scenario Outline: A flag that has neither rule nor time has no metadata
    When the <type> flag "<key>" is evaluated
    Then there is no metadata

    Examples:
      | type    | key          |
      | boolean | boolean-flag |
      | integer | integer-flag |
      | float   | float-flag   |
      | string  | string-flag  |

  # What ConfigCat has besides.

  Scenario: A percentage option is a split
    Given the targeting key is "42"
    When the string flag "split-flag" is evaluated
    Then the value is "always"
    And the variant is "all"
    And the reason is SPLIT
    And the metadata has "matchedPercentageOption" of 1

  Scenario: A percentage option of a rule is a split
    Given the targeting key is "42"
    And the context has the string "Country" of "HU"
    When the string flag "targeted-split-flag" is evaluated
    Then the value is "always"
    And the reason is SPLIT
    And the metadata has "matchedRule" of 0
    And the metadata has "matchedPercentageOption" of 1

  Scenario: Without a user there is no split
    When the string flag "split-flag" is evaluated
    Then the value is "nobody"
    And the reason is DEFAULT

  Scenario: A flag that is broken in the config
    When the boolean flag "broken-flag" is evaluated
    Then the error is PARSE_ERROR

  Scenario: A client without a config
    Given a provider that is in error
    When the boolean flag "boolean-flag" is evaluated
    Then the error is PROVIDER_NOT_READY
