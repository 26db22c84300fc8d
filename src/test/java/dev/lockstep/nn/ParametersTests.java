package dev.lockstep.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.device.RecordingDevice;
import dev.lockstep.device.Stream;
import dev.lockstep.nn.ParameterSpec.Kind;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.tensor.Shape;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ParametersTests {
  private static final Initializer ONE = new Initializer.Constant(1);
  private static final List<ParameterSpec> SPECS =
      List.of(
          new ParameterSpec("bias", Shape.of(3), Kind.VECTOR, ONE),
          new ParameterSpec("table", Shape.of(5, 2), Kind.EMBEDDING, new Initializer.Normal(0.5)),
          new ParameterSpec("matrix", Shape.of(7, 11), Kind.MATRIX, new Initializer.Normal(2)));

  private final RecordingDevice device = new RecordingDevice();
  private final Stream stream = device.newStream();
  private final KernelLibrary library = new KernelLibrary(device);

  @AfterEach
  void nothingIsLeft() {
    library.close();
    assertThat(device.openBuffers()).isZero();
    assertThat(device.openModules()).isZero();
  }

  @Test
  void lieByKindEachOnItsOwnBoundary() {
    try (Parameters parameters = new Parameters(library, SPECS, DType.BF16)) {
      assertThat(parameters.flatLength()).isEqualTo(128 + 64 + 64);
      assertThat(parameters.count()).isEqualTo(3 + 10 + 77);
      assertThat(parameters.list())
          .extracting(Parameter::name)
          .containsExactly("bias", "table", "matrix");
      Parameter table = parameters.get("table");
      assertThat(table.master().address() - parameters.masters().address()).isEqualTo(128 * 4);
      assertThat(table.gradient().address() - parameters.gradients().address()).isEqualTo(128 * 4);
      assertThat(table.compute().dtype()).isEqualTo(DType.BF16);
      long copies = Objects.requireNonNull(parameters.copies()).address();
      assertThat(table.compute().address() - copies).isEqualTo(128 * 2);
    }
  }

  @Test
  void computeWithTheMastersInFp32() {
    try (Parameters parameters = new Parameters(library, SPECS, DType.F32)) {
      assertThat(parameters.copies()).isNull();
      Parameter matrix = parameters.get("matrix");
      assertThat(matrix.compute().address()).isEqualTo(matrix.master().address());
      parameters.initialize(stream, 1);
      assertThat(device.launches()).isEmpty();
    }
  }

  @Test
  void aSeedDeterminesTheFirstValues() {
    try (Parameters parameters = new Parameters(library, SPECS, DType.F32)) {
      parameters.initialize(stream, 1);
      Map<String, float[]> first = parameters.read(stream);
      parameters.initialize(stream, 2);
      assertThat(values(parameters.read(stream), "matrix")).isNotEqualTo(values(first, "matrix"));
      parameters.initialize(stream, 1);
      assertThat(values(parameters.read(stream), "matrix")).isEqualTo(values(first, "matrix"));
      assertThat(values(first, "bias")).containsExactly(1, 1, 1);
      assertThat(values(first, "table")).doesNotContain(values(first, "matrix"));
    }
  }

  @Test
  void theDefaultModelStartsWithTheDeviationsItIsMeantTo() {
    List<ParameterSpec> specs = ModelParameters.specs(LanguageModelConfig.defaults());
    try (Parameters parameters = new Parameters(library, specs, DType.F32)) {
      parameters.initialize(stream, 3);
      Map<String, float[]> values = parameters.read(stream);
      assertThat(deviation(values, "emb.weight")).isCloseTo(0.3, within(0.01));
      assertThat(deviation(values, "in.weight")).isCloseTo(1 / Math.sqrt(512), within(0.001));
      assertThat(deviation(values, "blocks.1.up.weight"))
          .isCloseTo(1 / Math.sqrt(128), within(0.001));
      assertThat(deviation(values, "blocks.1.down.weight"))
          .isCloseTo(0.5 / Math.sqrt(384), within(0.001));
      assertThat(values(values, "head.bias")).containsOnly(0);
      assertThat(values(values, "final_norm.weight")).containsOnly(1);
    }
  }

  @Test
  void loadsWhatItReadAndClearsThePadding() {
    try (Parameters parameters = new Parameters(library, SPECS, DType.BF16)) {
      stream.fill(
          parameters.masters().buffer(),
          parameters.masters().byteOffset(),
          parameters.masters().bytes(),
          (byte) -1);
      parameters.initialize(stream, 5);
      Map<String, float[]> before = parameters.read(stream);
      for (float value : parameters.masters().toFloats(stream)) {
        assertThat(value).isFinite();
      }
      parameters.initialize(stream, 6);
      parameters.load(stream, before);
      assertThat(values(parameters.read(stream), "matrix")).isEqualTo(values(before, "matrix"));
      assertThat(device.launches())
          .extracting(RecordingDevice.Launched::kernel)
          .containsOnly("cast_f32_bf16");
    }
  }

  @Test
  void refusesNamesAndSizesThatDoNotFit() {
    try (Parameters parameters = new Parameters(library, SPECS, DType.F32)) {
      parameters.initialize(stream, 1);
      Map<String, float[]> values = new HashMap<>(parameters.read(stream));
      values.put("bias", new float[4]);
      assertThatThrownBy(() -> parameters.load(stream, values))
          .hasMessage("parameter bias[3]: 4 values given");
      values.remove("bias");
      assertThatThrownBy(() -> parameters.load(stream, values))
          .hasMessage("parameter bias[3]: no values given");
      assertThatThrownBy(() -> parameters.get("weight"))
          .hasMessage("no parameter \"weight\"; there are [bias, table, matrix]");
    }
    ParameterSpec bias = SPECS.getFirst();
    assertThatThrownBy(() -> new Parameters(library, List.of(bias, bias), DType.F32))
        .hasMessage("two parameters are named bias");
  }

  private static float[] values(Map<String, float[]> all, String name) {
    return Objects.requireNonNull(all.get(name));
  }

  private static double deviation(Map<String, float[]> all, String name) {
    double squares = 0;
    for (float value : values(all, name)) {
      squares += (double) value * value;
    }
    return Math.sqrt(squares / values(all, name).length);
  }
}
