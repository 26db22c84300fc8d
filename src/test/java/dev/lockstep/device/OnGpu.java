package dev.lockstep.device;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * A test class that runs on a real GPU. Where there is none it is skipped with the reason, or fails
 * under {@code -Drequire.gpu=true}: a machine that is there for its GPU shall not pass without. One
 * class at a time: others would take memory and time from it.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@Inherited
@ExtendWith(OnGpu.Gpu.class)
@ResourceLock("the GPU")
public @interface OnGpu {
  /** The system property that turns skipped tests into failures. */
  String REQUIRED = "require.gpu";

  /** Asks before any test opens a device. */
  final class Gpu implements ExecutionCondition {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      return answer();
    }

    static ConditionEvaluationResult answer() {
      return answer(TestDevices.gpuProvider().availability(), Boolean.getBoolean(REQUIRED));
    }

    static ConditionEvaluationResult answer(DeviceProvider.Availability gpu, boolean required) {
      if (gpu.available()) {
        return ConditionEvaluationResult.enabled(gpu.reason());
      }
      if (required) {
        throw new AssertionError(
            "there is no GPU, which -D%s=true asks for: %s".formatted(REQUIRED, gpu.reason()));
      }
      return ConditionEvaluationResult.disabled(gpu.reason());
    }
  }
}
