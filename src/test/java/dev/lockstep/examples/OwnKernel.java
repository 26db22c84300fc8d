package dev.lockstep.examples;

import dev.lockstep.check.run.KernelFile;
import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.device.Kernel;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.Launch;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import dev.lockstep.tensor.TensorArena;
import java.nio.file.Path;

/** Launches a kernel of one's own: {@code java OwnKernel cuda|sim|auto kernel.cu}. */
public final class OwnKernel {
  private OwnKernel() {}

  public static void main(String[] arguments) {
    float[] y = run(arguments[0], Path.of(arguments[1]));
    System.out.println("y[3] = " + y[3]);
  }

  static float[] run(String deviceName, Path file) {
    int count = 1000;
    try (Device device = Devices.open(deviceName, DeviceOptions.defaults()).device();
        KernelModule module = device.load(KernelFile.read(file, device.info()).image());
        Stream stream = device.newStream();
        TensorArena arena = new TensorArena()) {
      Tensor x = arena.tensor(DType.F32, Shape.of(count));
      Tensor y = arena.tensor(DType.F32, Shape.of(count));
      arena.allocate(device);
      float[] values = new float[count];
      for (int i = 0; i < count; i++) {
        values[i] = i;
      }
      x.copyFrom(stream, values);
      y.copyFrom(stream, values);

      Kernel kernel = module.kernel("scale_add");
      KernelArgs parameters =
          new KernelArgs()
              .float32(0.5f)
              .address(x.buffer(), x.byteOffset())
              .address(y.buffer(), y.byteOffset())
              .int32(count);
      stream.launch(kernel, Launch.of(Math.ceilDiv(count, 256), 256), parameters);
      return y.toFloats(stream);
    }
  }
}
