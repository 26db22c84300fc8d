package dev.lockstep.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.cuda.standin.CallLog;
import dev.lockstep.cuda.standin.OnStandIn;
import dev.lockstep.cuda.standin.StandInDriver;
import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceException;
import dev.lockstep.device.Graph;
import dev.lockstep.device.Graphs;
import dev.lockstep.device.MatrixLibrary;
import dev.lockstep.device.MatrixProduct;
import dev.lockstep.device.MatrixProducts;
import dev.lockstep.device.Stream;
import dev.lockstep.device.TestDevices;
import dev.lockstep.numeric.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.function.Consumer;
import jcuda.jcublas.cublasStatus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The library of matrix products: handles of its own for each stream, and failures with names. */
@OnStandIn
class CublasOnCudaTests {
  private static final MatrixProduct ONE = product(1);

  private final CallLog calls = StandInDriver.get().calls();
  private final Device device = StandInDriver.open();
  private final Stream stream = device.newStream();
  private final DeviceBuffer memory = device.allocate(4096);
  private final MatrixLibrary library = device.capability(MatrixLibrary.class).orElseThrow();
  private final MatrixProducts products = library.open();

  private static MatrixProduct product(long cols) {
    return new MatrixProduct(DType.F32, DType.F32, false, 1, cols, 1, false, false, false);
  }

  @BeforeEach
  void reset() {
    calls.reset();
  }

  @AfterEach
  void close() {
    calls.reset();
    products.close();
    device.close();
  }

  private void multiply(Stream on, MatrixProduct product) {
    long at = memory.address();
    on.multiply(products, product, at, at + 1024, at + 2048);
  }

  @Test
  void itSaysWhatItIs() {
    assertThat(library.name()).isEqualTo("cuBLAS");
    assertThat(library.availability().available()).isTrue();
    assertThat(library.availability().reason())
        .startsWith("cuBLAS 12.6.4 (stand-in), ")
        .endsWith("native/build/libcublas.so.12");
  }

  /** The workspace after the stream: setting the stream takes it away. */
  @Test
  void eachStreamHasAHandleAndAWorkspaceOfItsOwn() {
    try (Stream other = device.newStream()) {
      multiply(stream, ONE);
      multiply(other, ONE);
      multiply(stream, ONE);
      multiply(other, ONE);
      assertThat(calls.count("cublasCreate_v2")).isEqualTo(2);
      assertThat(calls.count("cublasSetStream_v2")).isEqualTo(2);
      assertThat(calls.count("cublasSetWorkspace_v2")).isEqualTo(2);
      assertThat(calls.count("cublasGemmEx")).isEqualTo(4);
    }
  }

  /** Two more streams at a time take no more than one did: nothing of theirs is kept. */
  @Test
  void aStreamThatClosesTakesItsHandleAndWorkspaceAlong() {
    int handles = StandInDriver.get().handles();
    long bytes = StandInDriver.get().allocatedBytes();
    for (int times = 0; times < 3; times++) {
      try (Stream other = device.newStream()) {
        multiply(other, ONE);
        other.synchronize();
        assertThat(StandInDriver.get().allocatedBytes()).isGreaterThan(bytes);
      }
      assertThat(StandInDriver.get().handles()).isEqualTo(handles);
      assertThat(StandInDriver.get().allocatedBytes()).isEqualTo(bytes);
      assertThat(calls.count("cublasDestroy_v2")).isEqualTo(times + 1);
    }
    Stream last = device.newStream();
    multiply(last, ONE);
    products.close();
    last.close(); // after what it was to close
    assertThat(calls.count("cublasDestroy_v2")).isEqualTo(4);
  }

  /** 2 · 3, added up each time the graph is launched; nothing is made while it is captured. */
  @Test
  void aGraphRecordsProducts() {
    Graphs graphs = device.capability(Graphs.class).orElseThrow();
    MatrixProduct adding =
        new MatrixProduct(DType.F32, DType.F32, false, 1, 1, 1, false, false, true);
    assertThatThrownBy(() -> graphs.capture(s -> multiply(s, adding)))
        .hasMessageContaining("prepare comes before");
    stream.prepare(products);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate(4096, 4);
      host.set(ValueLayout.JAVA_FLOAT, 0, 2);
      host.set(ValueLayout.JAVA_FLOAT, 1024, 3);
      stream.copyToDevice(memory, 0, host);
      for (int times = 1; times <= 2; times++) {
        try (Graph graph = graphs.capture(s -> multiply(s, adding))) {
          stream.launch(graph);
          stream.launch(graph);
        }
        stream.copyToHost(host, memory, 0);
        stream.synchronize();
        assertThat(host.get(ValueLayout.JAVA_FLOAT, 2048)).isEqualTo(times * 12);
      }
    }
  }

  @Test
  void isNeitherMadeReadyNorClosedWhileAGraphIsCaptured() {
    Graphs graphs = device.capability(Graphs.class).orElseThrow();
    for (Consumer<Stream> work :
        List.<Consumer<Stream>>of(s -> s.prepare(products), s -> products.close())) {
      assertThatThrownBy(() -> graphs.capture(work))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageStartingWith("this thread captures a graph");
    }
    stream.prepare(products); // it is as it was
    products.close();
    assertThatThrownBy(() -> stream.prepare(products)).hasMessage("cuBLAS is closed");
  }

  @Test
  void aStatusHasAName() {
    calls.fail("cublasGemmEx", cublasStatus.CUBLAS_STATUS_ARCH_MISMATCH);
    assertThatThrownBy(() -> multiply(stream, ONE))
        .isInstanceOf(DeviceException.class)
        .hasMessageStartingWith(
            "cublasGemmEx failed with 8: CUBLAS_STATUS_ARCH_MISMATCH; MatrixProduct[");
  }

  @Test
  void whatCannotBeMadeReadyLeavesNothingBehind() {
    int before = StandInDriver.get().handles();
    long bytes = StandInDriver.get().allocatedBytes();
    calls.fail("cublasSetWorkspace_v2", cublasStatus.CUBLAS_STATUS_INVALID_VALUE);
    assertThatThrownBy(() -> stream.prepare(products))
        .hasMessage("cublasSetWorkspace failed with 7: CUBLAS_STATUS_INVALID_VALUE");
    assertThat(StandInDriver.get().handles()).isEqualTo(before);
    assertThat(StandInDriver.get().allocatedBytes()).isEqualTo(bytes);
  }

  /** cuBLAS itself would only say that the execution failed. */
  @Test
  void aLostContextIsNamedWithWhatWasQueued() {
    stream.prepare(products);
    multiply(stream, product(1 << 20));
    assertThatThrownBy(() -> multiply(stream, ONE))
        .isInstanceOf(DeviceException.class)
        .hasMessageContaining("failed with 700: CUDA_ERROR_ILLEGAL_ADDRESS");
    assertThatThrownBy(stream::synchronize)
        .hasMessageContaining("launched on this stream since the last wait: ")
        .hasMessageContaining("cublasGemmEx");
  }

  @Test
  void whatItCannotDoIsRefusedBeforeTheCall() {
    assertThatThrownBy(() -> multiply(stream, product(1L << 31)))
        .hasMessage("cols 2147483648 must be below 2^31, as cuBLAS counts in 32 bits");
    try (Device simulator = TestDevices.simulator();
        Stream foreign = simulator.newStream()) {
      assertThatThrownBy(() -> multiply(foreign, ONE))
          .hasMessage("the stream belongs to another device");
      assertThat(simulator.capability(MatrixLibrary.class)).isEmpty();
    }
    products.close();
    assertThatThrownBy(() -> multiply(stream, ONE)).hasMessage("cuBLAS is closed");
    assertThat(calls.count("cublasGemmEx")).isZero();
  }
}
