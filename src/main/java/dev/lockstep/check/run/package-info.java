/**
 * Runs any kernel with given arguments, and suites of such cases. Start with {@link
 * dev.lockstep.check.run.KernelRun}:
 *
 * <pre>{@code
 * try (Device device = Devices.open("sim", DeviceOptions.defaults()).device()) {
 *   Path file = Path.of("src/test/resources/run/saxpy.ptx");
 *   RunResult result =
 *       KernelRun.of(KernelFile.read(file, device.info()))
 *           .grid(1)
 *           .block(32)
 *           .argument(Argument.in(Elements.of(1f, 2f, 3f)))
 *           .argument(Argument.inout(Elements.of(10f, 20f, 30f)))
 *           .argument(Argument.parse("f32:0.5"))
 *           .argument(Argument.parse("s32:3"))
 *           .run(device);
 *   float[] y = result.elements(1).floats();
 *   assertThat(y).containsExactly(10.5f, 21f, 31.5f);
 * }
 * }</pre>
 *
 * <p>A {@link dev.lockstep.check.run.Suite} is read from JSON and run by a {@link
 * dev.lockstep.check.run.SuiteRunner}. What a user got wrong is an {@link IllegalArgumentException}
 * of one line; what a kernel did wrong is a {@link dev.lockstep.device.DeviceFault}.
 */
@NullMarked
package dev.lockstep.check.run;

import org.jspecify.annotations.NullMarked;
