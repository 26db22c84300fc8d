package dev.lockstep.device;

import java.lang.foreign.MemorySegment;

/** A stream that hands everything on to another: what is overridden happens besides, or instead. */
public abstract class ForwardingStream implements Stream {
  private final Stream stream;

  protected ForwardingStream(Stream stream) {
    this.stream = stream;
  }

  @Override
  public void copyToDevice(DeviceBuffer target, long offset, MemorySegment source) {
    stream.copyToDevice(target, offset, source);
  }

  @Override
  public void copyToHost(MemorySegment target, DeviceBuffer source, long offset) {
    stream.copyToHost(target, source, offset);
  }

  @Override
  public void copyOnDevice(
      DeviceBuffer target, long targetOffset, DeviceBuffer source, long sourceOffset, long bytes) {
    stream.copyOnDevice(target, targetOffset, source, sourceOffset, bytes);
  }

  @Override
  public void fill(DeviceBuffer target, long offset, long bytes, byte value) {
    stream.fill(target, offset, bytes, value);
  }

  @Override
  public void launch(Kernel kernel, Launch launch, KernelArgs args) {
    stream.launch(kernel, launch, args);
  }

  @Override
  public void launch(Graph graph) {
    stream.launch(graph);
  }

  @Override
  public void multiply(MatrixProducts library, MatrixProduct product, long a, long b, long c) {
    stream.multiply(library, product, a, b, c);
  }

  @Override
  public void biasGelu(
      FusedProducts library, MatrixProduct product, long a, long b, long bias, long z, long c) {
    stream.biasGelu(library, product, a, b, bias, z, c);
  }

  @Override
  public void prepare(MatrixProducts library) {
    stream.prepare(library);
  }

  @Override
  public void record(Event event) {
    stream.record(event);
  }

  @Override
  public void await(Event event) {
    stream.await(event);
  }

  @Override
  public void synchronize() {
    stream.synchronize();
  }

  @Override
  public void close() {
    stream.close();
  }
}
