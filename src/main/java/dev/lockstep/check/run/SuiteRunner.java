package dev.lockstep.check.run;

import dev.lockstep.device.DeviceException;
import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.DeviceInfo;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.Launch;
import dev.lockstep.ptx.PtxKernel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Runs the cases of suites in one process: files are read once, devices are shared by cases that
 * ask for the same options. Whatever one case does, the next is run.
 */
public final class SuiteRunner implements AutoCloseable {
  private static final int FILES = 256;

  private final DevicePool devices;
  private final DeviceOptions base;
  private final Optional<Boolean> sanitize;
  private final Map<List<String>, KernelFile> files =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<List<String>, KernelFile> eldest) {
          return size() > FILES;
        }
      };

  /**
   * @param device the provider's name, or {@code auto}
   * @param base how devices are to run where a case does not say
   * @param sanitize whether the sanitizer is on where a case does not say; empty has it on for
   *     those cases that expect a fault
   */
  public SuiteRunner(String device, DeviceOptions base, Optional<Boolean> sanitize) {
    this.devices = new DevicePool(device);
    this.base = base;
    this.sanitize = sanitize;
  }

  /** Runs all cases in order and tells {@code each} as they end. */
  public SuiteReport run(Suite suite, Consumer<CaseResult> each) {
    List<CaseResult> results = new ArrayList<>();
    for (SuiteCase one : suite.cases()) {
      CaseResult result = run(one);
      results.add(result);
      each.accept(result);
    }
    return SuiteReport.of(results);
  }

  /** Runs one case; what goes wrong is in the result. */
  public CaseResult run(SuiteCase one) {
    long start = System.nanoTime();
    String reason;
    String fault = "";
    try {
      reason = judge(one);
    } catch (DeviceFault e) {
      fault = e.getClass().getSimpleName();
      reason = one.fault().filter(fault::equals).isPresent() ? "" : unexpected(one, e);
    } catch (IllegalArgumentException | DeviceException e) {
      reason = String.valueOf(e.getMessage());
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError | AssertionError e) {
      devices.discard(options(one));
      reason = "a defect of Lockstep's, please report it: " + e;
    }
    return new CaseResult(
        one.name(),
        reason.isEmpty(),
        reason.strip().replaceAll("\\s*\\R\\s*", "; "),
        fault,
        1e-9 * (System.nanoTime() - start));
  }

  @Override
  public void close() {
    devices.close();
  }

  /** Runs it; why it failed, or nothing. */
  private String judge(SuiteCase one) {
    requireKnownFault(one);
    DeviceOptions options = options(one);
    DevicePool.Opened opened = devices.get(options);
    KernelFile file = file(one.file(), opened.device().info());
    PtxKernel declared = one.entry().map(file::entry).orElseGet(file::onlyEntry);
    Launch launch = new Launch(one.grid(), one.block(), one.sharedBytes(), one.cluster());
    List<Argument> arguments = one.arguments().stream().map(SuiteCase.Expected::argument).toList();
    Parameters.check(declared, arguments);
    Variables variables =
        Variables.of(
            file, one.variables().stream().map(SuiteCase.ExpectedVariable::setting).toList());
    Launcher.requireCapable(opened.device(), launch.cluster(), arguments);
    RunResult result;
    try {
      KernelModule module = opened.module(one.file(), file);
      result = opened.launcher().run(declared, module, launch, arguments, variables);
    } catch (DeviceException e) {
      devices.discard(options); // On a GPU, nothing works any more after some errors.
      throw e;
    } finally {
      if (!variables.settings().isEmpty()) {
        opened.forget(one.file()); // The next case finds what the file says.
      }
    }
    if (one.fault().isPresent()) {
      return "expected the fault " + one.fault().get() + ", the kernel ended without one";
    }
    return difference(one, result);
  }

  private static String difference(SuiteCase one, RunResult result) {
    for (RunResult.Output output : result.outputs()) {
      Optional<Expectation> expected = one.arguments().get(output.argument()).expectation();
      Optional<String> difference = expected.flatMap(bytes -> bytes.difference(output.elements()));
      if (difference.isPresent()) {
        return "argument %d (%s): %s"
            .formatted(output.argument(), output.parameter(), difference.get());
      }
    }
    for (int i = 0, next = 0; i < one.variables().size(); i++) {
      SuiteCase.ExpectedVariable variable = one.variables().get(i);
      if (variable.setting().content().direction() == Argument.Direction.IN) {
        continue;
      }
      RunResult.Changed changed = result.variables().get(next++);
      Optional<String> difference =
          variable.expectation().flatMap(bytes -> bytes.difference(changed.elements()));
      if (difference.isPresent()) {
        return "variable %s: %s".formatted(changed.name(), difference.get());
      }
    }
    return "";
  }

  private static String unexpected(SuiteCase one, DeviceFault fault) {
    String got = fault.getClass().getSimpleName() + ": " + fault.getMessage();
    return one.fault().map(name -> "expected the fault " + name + ", got ").orElse("fault ") + got;
  }

  /** How the device of a case is to run. */
  DeviceOptions options(SuiteCase one) {
    boolean checked = sanitize.orElse(one.fault().isPresent());
    return one.options().applyTo(base.withSanitize(checked));
  }

  private KernelFile file(Path path, DeviceInfo target) {
    List<String> key = List.of(path.toString(), target.computeCapability());
    KernelFile known = files.get(key);
    if (known == null) {
      known = KernelFile.read(path, target);
      files.put(key, known);
    }
    return known;
  }

  private static void requireKnownFault(SuiteCase one) {
    List<String> names =
        Arrays.stream(DeviceFault.class.getPermittedSubclasses())
            .map(Class::getSimpleName)
            .sorted()
            .toList();
    if (one.fault().isPresent() && !names.contains(one.fault().get())) {
      throw new IllegalArgumentException(
          "there is no fault \"%s\"; there are %s"
              .formatted(one.fault().get(), String.join(", ", names)));
    }
  }
}
