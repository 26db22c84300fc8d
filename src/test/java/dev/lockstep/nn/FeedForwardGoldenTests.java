package dev.lockstep.nn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.data.SafetensorsReader;
import dev.lockstep.data.SafetensorsTensor;
import dev.lockstep.device.Device;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import dev.lockstep.tensor.TensorArena;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The pre-norm networks that PyTorch computed: output of each block, logits, loss and all
 * gradients. One subclass for each device.
 */
abstract class FeedForwardGoldenTests {
  private static final Path GOLDENS = Path.of("src", "test", "resources", "goldens");

  abstract Device open();

  @ParameterizedTest
  @CsvSource({
    "ffn_net_pre_layernorm_silu_gated_12x24x40x11, LAYERNORM, SWIGLU, F32",
    "ffn_net_pre_layernorm_gelu_erf_12x24x48x11, LAYERNORM, GELU, F32",
    "ffn_net_pre_rmsnorm_silu_gated_10x32x56x17_nobias, RMSNORM, SWIGLU, F32",
    "ffn_net_pre_layernorm_gelu_tanh_10x32x64x17_bf16, LAYERNORM, GELU_TANH, BF16",
    "ffn_net_pre_rmsnorm_silu_gated_10x32x64x17_nobias_fp16, RMSNORM, SWIGLU, F16",
  })
  void agreesWithPyTorch(String name, NormKind norm, FeedForwardKind feedForward, DType dtype)
      throws IOException {
    try (SafetensorsReader golden = SafetensorsReader.open(GOLDENS.resolve(name + ".safetensors"));
        Device device = open();
        KernelLibrary library = new KernelLibrary(device);
        Stream stream = device.newStream()) {
      new Case(golden, library, stream, norm, feedForward, dtype).check();
    }
  }

  /** One golden, and the part of the language model that it describes. */
  private static final class Case {
    private final SafetensorsReader golden;
    private final KernelLibrary library;
    private final Stream stream;
    private final LanguageModelConfig config;
    private final DType dtype;
    private final NetworkTolerance tolerance;

    Case(
        SafetensorsReader golden,
        KernelLibrary library,
        Stream stream,
        NormKind norm,
        FeedForwardKind feedForward,
        DType dtype)
        throws IOException {
      this.golden = golden;
      this.library = library;
      this.stream = stream;
      this.dtype = dtype;
      List<Long> head = golden.tensor("in.head.weight").shape();
      String inner = feedForward.gated() ? "gate" : "fc1";
      boolean bias = golden.contains("in.head.bias");
      int hidden = golden.tensor("in.blocks.0." + inner + ".weight").shape().getFirst().intValue();
      config =
          LanguageModelConfig.builder()
              .vocabulary(head.getFirst().intValue())
              .context(1)
              .embedding(head.getLast().intValue())
              .width(head.getLast().intValue())
              .hidden(hidden)
              .blocks(2)
              .norm(norm)
              .feedForward(feedForward)
              .feedForwardBias(bias)
              .headBias(bias)
              .tiedHead(false)
              .normEpsilon(1e-5)
              .build();
      tolerance = new NetworkTolerance(dtype, config.blocks(), (long) config.hidden());
    }

    void check() throws IOException {
      double[] x = golden.doubles("in.x");
      int rows = x.length / config.width();
      try (Parameters parameters = new Parameters(library, specs(), dtype);
          TensorArena arena = new TensorArena()) {
        load(parameters);
        OpSet ops = OpSet.of(library);
        ActivationPlan plan = new ActivationPlan(arena, dtype, rows, ModelUse.TRAINING);
        Tensor input = plan.output(config.width());
        Tensor dInput = plan.output(config.width());
        Tensor targets = plan.tensor(DType.I32, Shape.of(rows));
        Tensor upstream = plan.tensor(DType.F32, Shape.of(1));
        Tensor loss = plan.tensor(DType.F32, Shape.of(1));
        FeedForwardStack stack = new FeedForwardStack(config.stack(), ops, parameters, plan);
        Linear linear = new Linear(ops, parameters, "head", config.headBias(), plan);
        PredictionHead head =
            PredictionHead.of(ops, linear, plan, config.width(), LanguageModel.DEFAULT_HEAD_BYTES);
        arena.allocate(library.device());
        head.status().reset(stream);
        parameters.clearGradients(stream);
        input.copyFrom(stream, x);
        targets.copyFrom(stream, golden.ints("in.targets"));
        upstream.copyFrom(stream, golden.doubles("gout.loss"));

        stack.forward(stream, input, ActivationWatch.NONE);
        head.forward(stream, stack.output());
        for (int block = 0; block < config.blocks(); block++) {
          compare("out.blocks." + block, stack.blockOutput(block));
        }
        compare("out.logits", head.logits());
        head.loss(stream, stack.output(), targets, upstream);
        head.reduce(stream, loss, targets, true);
        compare("out.loss", loss);
        head.backward(stream, stack.output());
        stack.backward(stream, dInput, head.inputGradient(), input);
        compare("grad.x", dInput);
        for (Parameter parameter : parameters.list()) {
          compare("grad." + parameter.name(), parameter.gradient());
        }
        head.status().check(stream);
      }
    }

    private void compare(String name, Tensor got) throws IOException {
      tolerance.check(name, got.toDoubles(stream), golden.doubles(name));
    }

    /** Those of the language model, without what comes before its blocks. */
    private List<ParameterSpec> specs() {
      List<ParameterSpec> specs = new ArrayList<>(ModelParameters.specs(config));
      specs.removeIf(spec -> spec.name().startsWith("emb.") || spec.name().startsWith("in."));
      return specs;
    }

    private void load(Parameters parameters) throws IOException {
      Map<String, float[]> values = new HashMap<>();
      for (SafetensorsTensor tensor : golden.tensors()) {
        if (tensor.name().startsWith("in.") && tensor.dtype() == DType.F32) {
          double[] wide = golden.doubles(tensor.name());
          float[] narrow = new float[wide.length];
          for (int i = 0; i < narrow.length; i++) {
            narrow[i] = (float) wide[i];
          }
          values.put(tensor.name().substring("in.".length()), narrow);
        }
      }
      // Every parameter of the golden is one of ours: only x is left over.
      assertThat(values).hasSize(parameters.list().size() + 1).containsKey("x");
      parameters.load(stream, values);
    }
  }
}
