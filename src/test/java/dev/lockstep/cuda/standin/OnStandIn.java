package dev.lockstep.cuda.standin;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A test class that runs on the stand-in driver, in a JVM of its own; skipped without. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@Inherited
@Tag("cuda-standin")
@ExtendWith(OnStandIn.Driver.class)
public @interface OnStandIn {
  /** Skips with the reason, or loads the driver before any test touches JCuda. */
  final class Driver implements ExecutionCondition, AfterAllCallback {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      return StandInDriver.missing()
          .map(ConditionEvaluationResult::disabled)
          .orElseGet(
              () -> {
                StandInDriver.get();
                return ConditionEvaluationResult.enabled("on the stand-in driver");
              });
    }

    /** What a class opened it closed, and the stand-in met nothing it did not expect. */
    @Override
    public void afterAll(ExtensionContext context) {
      StandInDriver driver = StandInDriver.get();
      assertThat(driver.calls().defects()).as("defects of the stand-in").isEmpty();
      assertThat(driver.handles())
          .as("contexts, modules, streams, graphs, pinned memory left")
          .isZero();
      assertThat(driver.allocatedBytes()).as("bytes of device memory left").isZero();
    }
  }
}
