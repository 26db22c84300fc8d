package dev.lockstep.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.cuda.standin.OnStandIn;
import dev.lockstep.cuda.standin.StandInDriver;
import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.Dim3;
import dev.lockstep.device.Kernel;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.KernelImage;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.Launch;
import dev.lockstep.device.Stream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Contexts belong to threads of the operating system; ours must not notice. */
@OnStandIn
class ThreadsOnCudaTests {
  /** What the trap is: the same call, on a thread nobody prepared. */
  @Test
  void aThreadHasNoContextUntilItIsGivenOne() throws Exception {
    try (Device device = StandInDriver.open();
        ExecutorService fresh = Executors.newSingleThreadExecutor()) {
      device.allocate(8).close();
      CUdeviceptr place = new CUdeviceptr();
      assertThat(fresh.submit(() -> JCudaDriver.cuMemAlloc(place, 8)).get())
          .isEqualTo(CUresult.CUDA_ERROR_INVALID_CONTEXT);
      assertThat(JCudaDriver.cuMemAlloc(place, 8)).isEqualTo(CUresult.CUDA_SUCCESS);
      assertThat(JCudaDriver.cuMemFree(place)).isEqualTo(CUresult.CUDA_SUCCESS);
    }
  }

  @Test
  void anyPlatformOrVirtualThreadCanUseTheDevice() throws Exception {
    try (Device device = StandInDriver.open();
        KernelModule module = device.load(KernelImage.ofPtx("tour", CudaTour.PTX))) {
      for (ExecutorService threads :
          List.of(Executors.newFixedThreadPool(4), Executors.newVirtualThreadPerTaskExecutor())) {
        try (threads) {
          List<Future<?>> done = new ArrayList<>();
          for (int i = 0; i < 40; i++) {
            int value = i;
            done.add(threads.submit(() -> storeAndRead(device, module, value)));
          }
          for (Future<?> each : done) {
            each.get();
          }
        }
      }
    }
  }

  /** Somebody else's context is current, as after another library's call. */
  @Test
  void aForeignContextDoesNotDisturb() throws Exception {
    try (Device device = StandInDriver.open();
        KernelModule module = device.load(KernelImage.ofPtx("tour", CudaTour.PTX))) {
      CUcontext foreign = new CUcontext();
      jcuda.driver.CUdevice gpu = new jcuda.driver.CUdevice();
      JCudaDriver.cuDeviceGet(gpu, 0);
      assertThat(JCudaDriver.cuCtxCreate(foreign, 0, gpu)).isEqualTo(CUresult.CUDA_SUCCESS);
      try {
        storeAndRead(device, module, 3);
      } finally {
        JCudaDriver.cuCtxDestroy(foreign);
      }
    }
  }

  /** Each needs another amount of shared memory, which the driver allows a kernel, not a launch. */
  @Test
  void threadsMayLaunchOneKernelWithDifferentSharedMemory() throws Exception {
    try (Device device = StandInDriver.open();
        KernelModule module = device.load(KernelImage.ofPtx("tour", CudaTour.PTX))) {
      for (int round = 0; round < 20; round++) {
        try (KernelModule fresh = device.load(KernelImage.ofPtx("tour", CudaTour.PTX));
            ExecutorService threads = Executors.newFixedThreadPool(8)) {
          Kernel kernel = fresh.kernel("nothing");
          List<Future<?>> done = new ArrayList<>();
          for (int i = 0; i < 8; i++) {
            Launch launch = new Launch(new Dim3(1), new Dim3(1), (56 + 8 * i) << 10);
            done.add(
                threads.submit(
                    () -> {
                      try (Stream stream = device.newStream()) {
                        stream.launch(kernel, launch, new KernelArgs());
                        stream.synchronize();
                      }
                    }));
          }
          for (Future<?> each : done) {
            each.get();
          }
        }
      }
    }
  }

  @Test
  void eightThreadsLaunchTenThousandTimes() throws Exception {
    launch(10_000 / 8);
  }

  @Test
  @Tag("sweep")
  void eightThreadsLaunchAMillionTimes() throws Exception {
    launch(1_000_000 / 8);
  }

  private static void launch(int times) throws Exception {
    StandInDriver driver = StandInDriver.get();
    driver.calls().reset();
    try (Device device = StandInDriver.open();
        KernelModule module = device.load(KernelImage.ofPtx("tour", CudaTour.PTX));
        ExecutorService threads = Executors.newFixedThreadPool(8)) {
      Kernel kernel = module.kernel("increment");
      List<Future<?>> done = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        done.add(
            threads.submit(
                () -> {
                  try (Stream stream = device.newStream();
                      DeviceBuffer sum = device.allocate(4);
                      Arena arena = Arena.ofConfined()) {
                    MemorySegment host = arena.allocate(4);
                    KernelArgs args = new KernelArgs();
                    stream.fill(sum, 0, 4, (byte) 0);
                    for (int n = 0; n < times; n++) {
                      stream.launch(
                          kernel, CudaTour.one(), args.reset().address(sum, 0).int32(1 + n % 2));
                    }
                    stream.copyToHost(host, sum, 0);
                    stream.synchronize();
                    assertThat(host.get(ValueLayout.JAVA_INT, 0)).isEqualTo(times / 2 * 3);
                  }
                }));
      }
      for (Future<?> each : done) {
        each.get();
      }
      assertThat(driver.calls().count("cuLaunchKernel")).isEqualTo(8L * times);
    }
  }

  private static void storeAndRead(Device device, KernelModule module, int value) {
    try (Stream stream = device.newStream();
        DeviceBuffer buffer = device.allocate(4);
        Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate(4);
      stream.launch(
          module.kernel("store"), CudaTour.one(), new KernelArgs().address(buffer, 0).int32(value));
      Thread.yield();
      stream.copyToHost(host, buffer, 0);
      stream.synchronize();
      assertThat(host.get(ValueLayout.JAVA_INT, 0)).isEqualTo(value);
    }
  }
}
