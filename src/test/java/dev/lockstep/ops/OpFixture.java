package dev.lockstep.ops;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.RecordingDevice;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** All ops on a device that writes launches down, and tensors at one word each. */
final class OpFixture extends OpBench {
  private final List<DeviceBuffer> buffers = new ArrayList<>();
  final StatusWord status = new StatusWord(i32(2));
  final StepState state = new StepState(library, i32(StepState.SHAPE.count()));
  final DropoutState dropoutState = new DropoutState(library, i32(4));

  OpFixture() {
    super(new RecordingDevice());
  }

  RecordingDevice recorded() {
    return (RecordingDevice) device;
  }

  Tensor f32(long... extents) {
    return tensor(DType.F32, extents);
  }

  Tensor f16(long... extents) {
    return tensor(DType.F16, extents);
  }

  Tensor bf16(long... extents) {
    return tensor(DType.BF16, extents);
  }

  Tensor i32(long... extents) {
    return tensor(DType.I32, extents);
  }

  TensorTable table(Tensor... tensors) {
    return new TensorTable(
        stream, i32(TensorTable.storageShape(List.of(tensors)).count()), List.of(tensors));
  }

  /** A parameter of {@code count} elements with that gradient, a copy of its type, moments. */
  ParameterTable parameters(Tensor gradient, int moments) {
    List<Tensor> own = new ArrayList<>();
    for (int i = 0; i < moments; i++) {
      own.add(f32(gradient.count()));
    }
    return parameters(
        new ParameterTable.Entry(
            f32(gradient.count()), gradient, tensor(gradient.dtype(), gradient.count()), own, 0));
  }

  ParameterTable parameters(ParameterTable.Entry... entries) {
    List<ParameterTable.Entry> list = List.of(entries);
    return new ParameterTable(stream, i32(ParameterTable.storageShape(list).count()), list);
  }

  Tensor tensor(DType dtype, long... extents) {
    Shape shape = Shape.of(extents);
    DeviceBuffer buffer = device.allocate(Tensor.bytes(dtype, shape));
    buffers.add(buffer);
    return Tensor.view(buffer, 0, dtype, shape);
  }

  @Override
  public void close() {
    buffers.forEach(DeviceBuffer::close);
    super.close();
  }
}
