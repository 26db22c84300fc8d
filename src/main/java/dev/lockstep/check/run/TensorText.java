package dev.lockstep.check.run;

import dev.lockstep.device.TensorMap;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The text form of a tensor map, and what both of its forms make of their numbers. */
final class TensorText {
  static final String FORM = "tensormap:dims=DxD,box=DxD[,strides=SxS][,swizzle=B]:BUFFER";

  private TensorText() {}

  /** Behind {@code tensormap:}; what follows the next colon is a buffer like any other. */
  static Argument parse(String text) {
    int colon = text.indexOf(':');
    if (colon < 0
        || !(ArgumentParser.parse(text.substring(colon + 1)) instanceof Argument.Buffer buffer)) {
      throw new IllegalArgumentException("it is " + FORM + ", BUFFER as for a buffer");
    }
    Map<String, String> words = words(text.substring(0, colon));
    List<Long> dims = numbers("dims", words.remove("dims"));
    List<Long> box = numbers("box", words.remove("box"));
    String strides = words.remove("strides");
    String swizzle = words.remove("swizzle");
    if (!words.isEmpty()) {
      throw new IllegalArgumentException(
          "there is no \"" + words.keySet().iterator().next() + "\"; it is " + FORM);
    }
    return of(
        buffer,
        dims,
        box,
        strides == null ? List.of() : numbers("strides", strides),
        swizzle == null ? 0 : numbers("swizzle", swizzle).getFirst());
  }

  /**
   * A tensor in a buffer.
   *
   * @param strides in bytes; empty without gaps
   * @throws IllegalArgumentException when the tensor is none a GPU can copy, or does not fit
   */
  static Argument of(
      Argument.Buffer buffer, List<Long> dims, List<Long> box, List<Long> strides, long swizzle) {
    List<Integer> extents = box.stream().map(TensorText::clamped).toList();
    TensorMap.Element element = element(buffer.initial().type());
    TensorMap.Swizzle within = TensorMap.Swizzle.within(clamped(swizzle));
    TensorMap map =
        strides.isEmpty()
            ? TensorMap.dense(element, dims, extents, within)
            : new TensorMap(element, dims, strides, extents, within);
    if (map.bytes() > buffer.initial().byteSize()) {
      throw new IllegalArgumentException(
          "the tensor has %d bytes, its buffer %d"
              .formatted(map.bytes(), buffer.initial().byteSize()));
    }
    return new Argument.Tensor(buffer, map);
  }

  /** What is far from any box stays so. */
  private static int clamped(long number) {
    return Math.clamp(number, Integer.MIN_VALUE, Integer.MAX_VALUE);
  }

  private static TensorMap.Element element(ElementType type) {
    return switch (type) {
      case S8, U8, B8 -> TensorMap.Element.UINT8;
      case S16, U16, B16 -> TensorMap.Element.UINT16;
      case S32 -> TensorMap.Element.INT32;
      case U32, B32 -> TensorMap.Element.UINT32;
      case S64 -> TensorMap.Element.INT64;
      case U64, B64 -> TensorMap.Element.UINT64;
      case F16 -> TensorMap.Element.FLOAT16;
      case BF16 -> TensorMap.Element.BFLOAT16;
      case F32 -> TensorMap.Element.FLOAT32;
      case F64 -> TensorMap.Element.FLOAT64;
    };
  }

  private static Map<String, String> words(String text) {
    Map<String, String> words = new HashMap<>();
    for (String word : text.split(",", -1)) {
      int equals = word.indexOf('=');
      if (equals < 0 || words.put(word.substring(0, equals), word.substring(equals + 1)) != null) {
        throw new IllegalArgumentException("\"" + word + "\" has no place in " + FORM);
      }
    }
    return words;
  }

  private static List<Long> numbers(String key, @Nullable String text) {
    if (text == null) {
      throw new IllegalArgumentException("it has no " + key + "; it is " + FORM);
    }
    List<Long> numbers = new ArrayList<>();
    for (String word : text.split("x", -1)) {
      try {
        numbers.add(Long.valueOf(word));
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException(
            key + "=" + text + " must be whole numbers with x between them", e);
      }
    }
    return numbers;
  }
}
