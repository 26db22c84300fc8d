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

/** A stream whose calls for work all pass through one place, which hands them on. */
abstract class WatchedStream extends ForwardingStream {
  WatchedStream(Stream stream) {
    super(stream);
  }

  /**
   * Does a call.
   *
   * @param name a kernel's entry point, or what else is done, in parentheses
   * @param work the call itself, to be run once
   */
  abstract void call(Kind kind, String name, Runnable work);

  @Override
  public void copyToDevice(DeviceBuffer target, long offset, MemorySegment source) {
    call(Kind.COPIES, "(copy to device)", () -> super.copyToDevice(target, offset, source));
  }

  @Override
  public void copyToHost(MemorySegment target, DeviceBuffer source, long offset) {
    call(Kind.COPIES, "(copy to host)", () -> super.copyToHost(target, source, offset));
  }

  @Override
  public void copyOnDevice(
      DeviceBuffer target, long targetOffset, DeviceBuffer source, long sourceOffset, long bytes) {
    call(
        Kind.COPIES,
        "(copy on device)",
        () -> super.copyOnDevice(target, targetOffset, source, sourceOffset, bytes));
  }

  @Override
  public void fill(DeviceBuffer target, long offset, long bytes, byte value) {
    call(Kind.COPIES, "(fill)", () -> super.fill(target, offset, bytes, value));
  }

  @Override
  public void launch(Kernel kernel, Launch launch, KernelArgs args) {
    call(Kind.LAUNCHES, kernel.name(), () -> super.launch(kernel, launch, args));
  }

  @Override
  public void launch(Graph graph) {
    call(Kind.LAUNCHES, "(graph)", () -> super.launch(graph));
  }

  @Override
  public void multiply(MatrixProducts library, MatrixProduct product, long a, long b, long c) {
    call(
        Kind.LAUNCHES,
        "(matrix product of the library)",
        () -> super.multiply(library, product, a, b, c));
  }

  @Override
  public void biasGelu(
      FusedProducts library, MatrixProduct product, long a, long b, long bias, long z, long c) {
    call(
        Kind.LAUNCHES,
        "(matrix product of the library)",
        () -> super.biasGelu(library, product, a, b, bias, z, c));
  }

  @Override
  public void record(Event event) {
    call(Kind.EVENTS, "(record)", () -> super.record(event));
  }

  @Override
  public void await(Event event) {
    call(Kind.EVENTS, "(await)", () -> super.await(event));
  }

  @Override
  public void synchronize() {
    call(Kind.WAITING, "(wait)", super::synchronize);
  }
}
