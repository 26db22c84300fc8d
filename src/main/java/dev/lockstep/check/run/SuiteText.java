package dev.lockstep.check.run;

import java.math.BigDecimal;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.core.util.JsonParserDelegate;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The JSON of a suite as a tree that has lost nothing of its numbers: finite ones are decimals, or
 * integers of any size; what a decimal cannot hold, the zero with a sign included, is a double.
 */
final class SuiteText {
  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  // Python writes NaN and Infinity unless it is told not to.
                  .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
                  .build())
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private SuiteText() {}

  /**
   * Reads it.
   *
   * @throws IllegalArgumentException for what is no JSON, with its place
   */
  static JsonNode parse(byte[] json) {
    try (JsonParser parser = new Signed(JSON.createParser(json))) {
      return JSON.readTree(parser);
    } catch (JacksonException e) {
      throw new IllegalArgumentException(place(e) + reason(e), e);
    }
  }

  /** Whether it is a number but infinity and what is none. */
  static boolean isFinite(JsonNode node) {
    return node.isNumber() && (!node.isDouble() || Double.isFinite(node.doubleValue()));
  }

  /**
   * The digits of a number, all of them.
   *
   * @param whole whether its type has no fractions, nor a zero with a sign
   */
  static String digits(JsonNode number, boolean whole) {
    if (!isFinite(number) || !whole && number.isDouble()) {
      return number.asString();
    }
    BigDecimal value = number.decimalValue();
    int digits = value.precision() - value.scale();
    boolean integral = value.stripTrailingZeros().scale() <= 0 && digits < 100; // 7.0 is one, too.
    return whole && integral ? value.toBigIntegerExact().toString() : value.toString();
  }

  /** Where the mistake is; too much of something, such as nesting, has no place. */
  private static String place(JacksonException e) {
    TokenStreamLocation at = e.getLocation();
    return at == null ? "" : "line %d, column %d: ".formatted(at.getLineNr(), at.getColumnNr());
  }

  /** Without Jackson's words on where it reads from, on its own classes and on its settings. */
  private static String reason(JacksonException e) {
    return e.getOriginalMessage()
        .replaceFirst(" \\(start marker at \\[.*", "")
        .replaceFirst(": [^:]*(require enabling|: enable) `JsonReadFeature.*", "");
  }

  /** Takes a negative zero for a number that no decimal can hold. */
  private static final class Signed extends JsonParserDelegate {
    Signed(JsonParser parser) {
      super(parser);
    }

    @Override
    public boolean isNaN() {
      return super.isNaN() || isNegativeZero(getString());
    }

    @Override
    public BigDecimal getDecimalValue() {
      try {
        return super.getDecimalValue();
      } catch (NumberFormatException e) {
        throw new StreamReadException(this, getString() + " is beyond every type");
      }
    }

    private static boolean isNegativeZero(String digits) {
      return digits.matches("-0(\\.0+)?([eE].*)?");
    }
  }
}
