package dev.lockstep.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** The committed PTX and its index agree with each other and with the signatures callers use. */
class CommittedPtxTests {
  private static final List<String> TYPES = List.of("f32", "f16", "bf16");

  /**
   * Parameters of every kernel: p pointer, l 64-bit integer, i 32-bit integer, f float. A name that
   * ends in _T stands for one kernel per storage type.
   */
  private static final Map<String, Map<String, String>> SIGNATURES =
      both(
          Map.of(
              "bias_activation",
              Map.of("bias_activation_forward_T", "ppppppllif"),
              "swiglu_128x64",
              Map.of(
                  "swiglu_forward_128x64_f16", "ppppppppllli",
                  "swiglu_forward_128x64_bf16", "ppppppppllli"),
              "swiglu_128x64_tf32",
              Map.of("swiglu_forward_128x64_tf32", "ppppppppllli")),
          both(
              Map.of(
                  "activation",
                  Map.of("activation_forward_T", "pplif", "activation_backward_T", "ppplif"),
                  "cast",
                  Map.of(
                      "cast_f32_f16", "ppl",
                      "cast_f32_bf16", "ppl",
                      "cast_f16_f32", "ppl",
                      "cast_f16_bf16", "ppl",
                      "cast_bf16_f32", "ppl",
                      "cast_bf16_f16", "ppl",
                      "fill_T", "plf",
                      "scale_T", "plp",
                      "unscale_T", "plp"),
                  "embedding",
                  Map.of(
                      "embedding_forward_T", "ppplllp",
                      "embedding_sort_count", "ppplliilip",
                      "embedding_sort_place", "ppppppplliili",
                      "embedding_bounds", "pppp",
                      "embedding_backward_gather_T", "ppppppppl",
                      "embedding_backward_combine_T", "ppppppppll"),
                  "global_norm",
                  Map.of(
                      "global_norm_partial", "pplip",
                      "global_norm_tensors", "pppiip",
                      "global_norm_finish", "ppplifi",
                      "clip_gradients", "plfp"),
                  "layernorm",
                  norm("layernorm", "pppppppp", "pppppppp", "ppppppp", "ppppp", "ppp"),
                  "linear",
                  Map.of(
                      "linear_forward_T", "ppppppplllif",
                      "linear_backward_input_T", "pppppppppppplllif",
                      "linear_backward_weight_T", "ppppllll",
                      "linear_backward_weight_sum_f32", "ppll",
                      "linear_backward_bias_T", "ppll"),
                  "optimizer",
                  Map.of(
                      "optimizer_prepare", "pff",
                      "loss_scale_update", "pffiff",
                      "adamw_step", "pplfffp",
                      "adam_step", "pplfffp",
                      "sgd_step", "pplp",
                      "sgd_momentum_step", "pplffip"),
                  "rmsnorm",
                  norm("rmsnorm", "pppppp", "ppppppp", "pppppp", "pppp", "pp"),
                  "softmax_cross_entropy",
                  Map.of(
                      "softmax_cross_entropy_fused_T",
                      "ppppppplilifilp",
                      "softmax_cross_entropy_unaligned_T",
                      "ppppppplilifilp",
                      "softmax_cross_entropy_general_T",
                      "pppppppppplilifffilp",
                      "softmax_cross_entropy_scale",
                      "pppplii",
                      "softmax_cross_entropy_reduce",
                      "ppppliii",
                      "softmax_cross_entropy_accuracy",
                      "pppli"),
                  "swiglu",
                  Map.of(
                      "swiglu_forward_T", "ppppppppllli",
                      "swiglu_forward_tf32", "ppppppppllli",
                      "swiglu_forward_tf32x3", "ppppppppllli")),
              Map.of(
                  "bce_with_logits",
                  Map.of(
                      "bce_with_logits_fused_T", "pppppppppllf", "bce_with_logits_reduce", "ppll"),
                  "dropout",
                  Map.of(
                      "dropout_forward_T", "ppppllif",
                      "dropout_backward_T", "pppllif",
                      "dropout_advance", "pl"),
                  "linear_128x128",
                  largeTile("128x128"),
                  "linear_128x256",
                  largeTile("128x256"),
                  "softmax",
                  Map.of("softmax_forward_T", "pplli", "softmax_backward_T", "ppplli"),
                  "glu",
                  Map.of("glu_forward_T", "pppllllliff", "glu_backward_T", "pppppplllllllliff"),
                  "squared_error",
                  Map.of("squared_error_fused_T", "pppppppplf", "squared_error_reduce", "ppll"),
                  "linear_tf32",
                  linear("tf32"),
                  "linear_tf32x3",
                  linear("tf32x3"),
                  "linear_128x128_tf32",
                  linear("128x128_tf32"))));

  /** {@code Map.of} takes no more than ten. */
  private static <V> Map<String, V> both(Map<String, V> some, Map<String, V> others) {
    Map<String, V> all = new TreeMap<>(some);
    all.putAll(others);
    return all;
  }

  /** Matrix products of f32 tensors on tensor cores. */
  private static Map<String, String> linear(String suffix) {
    return Map.of(
        "linear_forward_" + suffix, "ppppppplllif",
        "linear_backward_input_" + suffix, "pppppppppppplllif",
        "linear_backward_weight_" + suffix, "ppppllll");
  }

  /** Matrix products in tiles that only 16-bit types have. */
  private static Map<String, String> largeTile(String tile) {
    Map<String, String> kernels = new TreeMap<>();
    for (String type : List.of("f16", "bf16")) {
      kernels.put("linear_forward_%s_%s".formatted(tile, type), "ppppppplllif");
      kernels.put("linear_backward_input_%s_%s".formatted(tile, type), "pppppppppppplllif");
      kernels.put("linear_backward_weight_%s_%s".formatted(tile, type), "ppppllll");
    }
    return kernels;
  }

  /** A norm's kernels, given the pointers of each. */
  private static Map<String, String> norm(
      String name, String forward, String backward, String any, String partials, String reduce) {
    return Map.of(
        name + "_forward_T", forward + "llllllffi",
        name + "_forward_mixed", forward + "llllllffi",
        name + "_forward_any", forward + "llllllffi",
        name + "_backward_T", backward + "lllllllfi",
        name + "_backward_mixed", backward + "lllllllfi",
        name + "_backward_any", any + "llllllfi",
        name + "_backward_partials", partials + "llllli",
        name + "_backward_reduce", reduce + "lli");
  }

  @Test
  void everySourceIsListedHere() {
    assertThat(CommittedKernels.images()).containsExactlyInAnyOrderElementsOf(SIGNATURES.keySet());
  }

  @ParameterizedTest
  @MethodSource("dev.lockstep.kernels.CommittedKernels#images")
  void kernelsHaveTheParametersCallersPass(String image) {
    Map<String, String> expected = new TreeMap<>();
    SIGNATURES
        .getOrDefault(image, Map.of())
        .forEach((name, letters) -> spread(name, types(letters), expected));
    assertThat(CommittedKernels.signatures(image)).isEqualTo(expected);
  }

  @ParameterizedTest
  @MethodSource("dev.lockstep.kernels.CommittedKernels#images")
  void theIndexListsTheKernelsOfThePtx(String image) {
    Map<String, Integer> expected = new TreeMap<>();
    CommittedKernels.signatures(image).forEach((name, types) -> expected.put(name, bytes(types)));
    Map<String, Integer> listed = new TreeMap<>();
    for (JsonNode entry : CommittedKernels.index(image).get("entries")) {
      listed.put(entry.get("name").stringValue(), entry.get("parameterBytes").intValue());
    }
    assertThat(listed).isEqualTo(expected);
  }

  @ParameterizedTest
  @MethodSource("dev.lockstep.kernels.CommittedKernels#images")
  void theIndexNamesTheVersionOfThePtx(String image) {
    assertThat(CommittedKernels.ptx(image))
        .contains("\n.version " + CommittedKernels.index(image).get("isa").stringValue() + "\n")
        .contains("\n.target " + CommittedKernels.index(image).get("target").stringValue() + "\n");
  }

  @ParameterizedTest
  @MethodSource("dev.lockstep.kernels.CommittedKernels#images")
  void noKernelSpillsRegistersOnAnyArchitecture(String image) {
    JsonNode entries = CommittedKernels.index(image).get("entries");
    assertThat(entries).isNotEmpty();
    for (JsonNode entry : entries) {
      assertThat(entry.get("resources").propertyNames())
          .containsExactly("sm_80", "sm_86", "sm_89", "sm_90", "sm_100", "sm_120");
      for (JsonNode usage : entry.get("resources")) {
        assertThat(usage.get("registers").intValue()).isPositive();
        assertThat(usage.get("spillBytes").intValue()).as(entry.get("name").stringValue()).isZero();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dev.lockstep.kernels.CommittedKernels#images")
  void linesLeadBackToTheSources(String image) {
    assertThat(CommittedKernels.ptx(image))
        .containsPattern("\\.file\\t1 \"kernels/" + image + "\\.cu\"")
        .contains("\t.loc\t1 ")
        .doesNotContainPattern("\\.file\\t\\d+ \"[/\\\\]");
  }

  @ParameterizedTest
  @MethodSource("dev.lockstep.kernels.CommittedKernels#images")
  void theReadableTableHasEveryKernel(String image) {
    String table = CommittedKernels.read("RESOURCES.md");
    List<String> names = new ArrayList<>();
    CommittedKernels.signatures(image).keySet().forEach(name -> names.add("| `" + name + "` |"));
    assertThat(table).contains(names);
  }

  private static void spread(String name, String types, Map<String, String> into) {
    if (!name.endsWith("_T")) {
      into.put(name, types);
      return;
    }
    for (String type : TYPES) {
      into.put(name.substring(0, name.length() - 1) + type, types);
    }
  }

  private static String types(String letters) {
    StringBuilder types = new StringBuilder();
    for (char letter : letters.toCharArray()) {
      types.append(types.isEmpty() ? "" : " ");
      types.append(
          switch (letter) {
            case 'p', 'l' -> "u64";
            case 'i' -> "u32";
            case 'f' -> "f32";
            default -> throw new IllegalArgumentException("parameter letter " + letter);
          });
    }
    return types.toString();
  }

  /** Each parameter at the next multiple of its own size. */
  private static int bytes(String types) {
    int size = 0;
    for (String type : types.split(" ")) {
      int own = Integer.parseInt(type.substring(1)) / Byte.SIZE;
      size = Math.ceilDiv(size, own) * own + own;
    }
    return size;
  }
}
