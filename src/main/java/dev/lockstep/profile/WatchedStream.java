package dev.lockstep.profile;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.Event;
import dev.lockstep.device.ForwardingStream;
import dev.lockstep.device.FusedProducts;
import dev.lockstep.device.Graph;
import dev.lockstep.device.Kernel;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.Launch;
import dev.lockstep.device.MatrixProduct;
import dev.lockstep.device.MatrixProducts;
import dev.lockstep.device.Stream;
import dev.lockstep.profile.StepAccount.Kind;
import java.lang.foreign.MemorySegment;

/**
 * A stream that is told before and after each call for work, which it hands on. To be told costs
 * the Java heap nothing, so that what a step leaves there can be seen.
 */
abstract class WatchedStream extends ForwardingStream {
  private static final String PRODUCT = "(matrix product of the library)";

  WatchedStream(Stream stream) {
    super(stream);
  }

  /** A call is about to be made. */
  abstract void before();

  /**
   * It has been made.
   *
   * @param name a kernel's entry point, or what else was done, in parentheses
   */
  abstract void after(Kind kind, String name);

  @Override
  public void copyToDevice(DeviceBuffer target, long offset, MemorySegment source) {
    before();
    super.copyToDevice(target, offset, source);
    after(Kind.COPIES, "(copy to device)");
  }

  @Override
  public void copyToHost(MemorySegment target, DeviceBuffer source, long offset) {
    before();
    super.copyToHost(target, source, offset);
    after(Kind.COPIES, "(copy to host)");
  }

  @Override
  public void copyOnDevice(
      DeviceBuffer target, long targetOffset, DeviceBuffer source, long sourceOffset, long bytes) {
    before();
    super.copyOnDevice(target, targetOffset, source, sourceOffset, bytes);
    after(Kind.COPIES, "(copy on device)");
  }

  @Override
  public void fill(DeviceBuffer target, long offset, long bytes, byte value) {
    before();
    super.fill(target, offset, bytes, value);
    after(Kind.COPIES, "(fill)");
  }

  @Override
  public void launch(Kernel kernel, Launch launch, KernelArgs args) {
    before();
    super.launch(kernel, launch, args);
    after(Kind.LAUNCHES, kernel.name());
  }

  @Override
  public void launch(Graph graph) {
    before();
    super.launch(graph);
    after(Kind.LAUNCHES, "(graph)");
  }

  @Override
  public void multiply(MatrixProducts library, MatrixProduct product, long a, long b, long c) {
    before();
    super.multiply(library, product, a, b, c);
    after(Kind.LAUNCHES, PRODUCT);
  }

  @Override
  public void biasGelu(
      FusedProducts library, MatrixProduct product, long a, long b, long bias, long z, long c) {
    before();
    super.biasGelu(library, product, a, b, bias, z, c);
    after(Kind.LAUNCHES, PRODUCT);
  }

  @Override
  public void record(Event event) {
    before();
    super.record(event);
    after(Kind.EVENTS, "(record)");
  }

  @Override
  public void await(Event event) {
    before();
    super.await(event);
    after(Kind.EVENTS, "(await)");
  }

  @Override
  public void synchronize() {
    before();
    super.synchronize();
    after(Kind.WAITING, "(wait)");
  }
}
