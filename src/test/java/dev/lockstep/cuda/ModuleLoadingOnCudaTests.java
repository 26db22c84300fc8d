package dev.lockstep.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.lockstep.cuda.standin.OnStandIn;
import dev.lockstep.cuda.standin.StandInDriver;
import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceException;
import dev.lockstep.device.Dim3;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.KernelImage;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.Launch;
import dev.lockstep.device.Stream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Machine code first, PTX second, and what a launch asks of the driver before it is made. */
@OnStandIn
class ModuleLoadingOnCudaTests {
  private static final int FROM_FATBIN = 1;
  private static final int FROM_PTX = 2;

  private final StandInDriver driver = StandInDriver.get();
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();

  @BeforeEach
  void listen() {
    log.start();
    logger().addAppender(log);
  }

  @AfterEach
  void forget() {
    logger().detachAppender(log);
    driver.calls().reset();
  }

  private static Logger logger() {
    return (Logger) LoggerFactory.getLogger(ModuleLoader.class);
  }

  /** Its kernel writes that number. */
  private static String ptx(int number) {
    return """
    .version 7.0
    .target sm_80
    .address_size 64
    .visible .entry tell(.param .u64 out)
    {
      .reg .b64 %%rd1;
      .reg .b32 %%r1;
      ld.param.u64 %%rd1, [out];
      mov.u32 %%r1, %d;
      st.global.u32 [%%rd1], %%r1;
      ret;
    }
    """
        .formatted(number);
  }

  /** The machine code of this one is PTX as well, which is how one can be told from the other. */
  private static KernelImage image() {
    byte[] text = ptx(FROM_FATBIN).getBytes(StandardCharsets.US_ASCII);
    int padded = (text.length + 8) / 8 * 8;
    ByteBuffer all = ByteBuffer.allocate(16 + 64 + padded).order(ByteOrder.LITTLE_ENDIAN);
    all.putInt(0, 0xba55ed50).putShort(4, (short) 1).putShort(6, (short) 16);
    all.putLong(8, 64 + padded);
    all.putShort(16, (short) 1).putInt(20, 64).putLong(24, padded);
    all.put(80, text);
    return new KernelImage("tell", ptx(FROM_PTX), Optional.of(all.array()));
  }

  private static int told(Device device, KernelImage image) {
    try (KernelModule module = device.load(image);
        Stream stream = device.newStream();
        DeviceBuffer out = device.allocate(4);
        Arena arena = Arena.ofConfined()) {
      stream.launch(module.kernel("tell"), CudaTour.one(), new KernelArgs().address(out, 0));
      MemorySegment host = arena.allocate(4);
      stream.copyToHost(host, out, 0);
      stream.synchronize();
      return host.get(ValueLayout.JAVA_INT, 0);
    }
  }

  @Test
  void theMachineCodeIsTakenWhereThereIsSome() {
    try (Device device = StandInDriver.open()) {
      assertThat(told(device, image())).isEqualTo(FROM_FATBIN);
      assertThat(driver.calls().count("cuModuleLoadDataEx")).isOne();
      assertThat(log.list).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {200, 209, 222})
  void thePtxIsTakenWhereTheDriverRefusesTheMachineCodeAndThatIsSaid(int code) {
    AtomicInteger loads = new AtomicInteger();
    driver
        .calls()
        .interfere(
            (export, nth) ->
                export.equals("cuModuleLoadDataEx") && loads.incrementAndGet() == 1 ? code : 0);
    try (Device device = StandInDriver.open()) {
      assertThat(told(device, image())).isEqualTo(FROM_PTX);
      assertThat(loads.get()).isEqualTo(2);
      assertThat(log.list)
          .singleElement()
          .extracting(ILoggingEvent::getFormattedMessage)
          .asString()
          .startsWith("tell: the driver refuses the machine code (CUDA_ERROR_")
          .contains("it assembles the PTX instead");
    }
  }

  @Test
  void whereTheDriverIsTooOldForBothItIsToldToBeUpdated() {
    driver.calls().fail("cuModuleLoadDataEx", 222);
    try (Device device = StandInDriver.open()) {
      assertThatThrownBy(() -> device.load(image()))
          .isInstanceOf(DeviceException.class)
          .hasMessageContainingAll(
              "cuModuleLoadDataEx failed with 222", "the PTX of tell", "update the driver");
      assertThat(driver.calls().count("cuModuleLoadDataEx")).isEqualTo(2);
    }
  }

  /** An A100 has 163 KiB for a block; the driver is asked before anything is launched. */
  @Test
  void moreSharedMemoryThanThereIsIsRefusedBeforeTheLaunch() {
    try (Device device = StandInDriver.open();
        KernelModule module = device.load(image());
        Stream stream = device.newStream();
        DeviceBuffer out = device.allocate(4)) {
      KernelArgs args = new KernelArgs().address(out, 0);
      driver.calls().reset();
      for (int bytes : List.of(164 << 10, Integer.MAX_VALUE)) {
        Launch launch = new Launch(new Dim3(1), new Dim3(1), bytes);
        assertThatThrownBy(() -> stream.launch(module.kernel("tell"), launch, args))
            .isInstanceOf(DeviceException.class)
            .hasMessageContainingAll("tell", bytes + " bytes of dynamic shared memory");
      }
      assertThat(driver.calls().count("cuLaunchKernel")).isZero();
      stream.launch(module.kernel("tell"), new Launch(new Dim3(1), new Dim3(1), 163 << 10), args);
      stream.synchronize();
    }
  }
}
