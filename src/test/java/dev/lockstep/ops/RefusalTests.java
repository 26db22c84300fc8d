package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What is wrong with an argument is said before anything is launched, with the numbers. Each class
 * has its own {@code refusals}.
 */
abstract class RefusalTests {
  private final OpFixture fixture = new OpFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  /** A call and what it is refused with. */
  record Refused(String message, Consumer<OpFixture> call) {
    @Override
    public String toString() {
      return message;
    }
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void badArgumentsAreNamedBeforeTheLaunch(Refused refused) {
    assertThatThrownBy(() -> refused.call().accept(fixture))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(refused.message());
    assertThat(fixture.recorded().launches()).isEmpty();
  }
}
