package dev.lockstep.data;

import dev.lockstep.numeric.DType;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The JSON header of a safetensors file. Parsing believes nothing: every dtype, shape and offset is
 * checked against the others and against the size of the file before anyone reads data by them.
 *
 * @param tensors by name, in the order of their data
 */
record SafetensorsHeader(Map<String, SafetensorsTensor> tensors, Map<String, String> metadata) {
  /** The format's own limit (safetensors, {@code MAX_HEADER_SIZE}). */
  static final long MAX_BYTES = 100_000_000;

  private static final String METADATA = "__metadata__";

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  SafetensorsHeader {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    metadata = Collections.unmodifiableMap(new TreeMap<>(metadata));
  }

  /**
   * Reads and checks a header.
   *
   * @param dataBytes what the file holds after the header; the tensors must fill it exactly
   */
  static SafetensorsHeader parse(Path file, byte[] json, long dataBytes)
      throws SafetensorsException {
    JsonNode root;
    try {
      root = JSON.readTree(json);
    } catch (JacksonException e) {
      throw new SafetensorsException(file, "the header is no JSON: " + e.getOriginalMessage());
    }
    if (!root.isObject()) {
      throw new SafetensorsException(file, "the header is no JSON object");
    }
    Map<String, String> metadata = new TreeMap<>();
    List<SafetensorsTensor> tensors = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : root.properties()) {
      if (entry.getKey().equals(METADATA)) {
        parseMetadata(file, entry.getValue(), metadata);
      } else {
        tensors.add(parseTensor(file, entry.getKey(), entry.getValue(), dataBytes));
      }
    }
    tensors.sort(
        Comparator.comparingLong(SafetensorsTensor::from).thenComparingLong(SafetensorsTensor::to));
    requireNoGapOrOverlap(file, tensors, dataBytes);
    Map<String, SafetensorsTensor> byName = new LinkedHashMap<>();
    tensors.forEach(tensor -> byName.put(tensor.name(), tensor));
    return new SafetensorsHeader(byName, metadata);
  }

  private static void parseMetadata(Path file, JsonNode node, Map<String, String> into)
      throws SafetensorsException {
    if (!node.isObject()) {
      throw new SafetensorsException(file, METADATA + " is no JSON object");
    }
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      if (!entry.getValue().isString()) {
        throw new SafetensorsException(
            file, METADATA + " entry \"" + entry.getKey() + "\" is no string");
      }
      into.put(entry.getKey(), entry.getValue().stringValue());
    }
  }

  private static SafetensorsTensor parseTensor(
      Path file, String name, JsonNode node, long dataBytes) throws SafetensorsException {
    String which = "tensor \"" + name + "\"";
    JsonNode typeNode = node.path("dtype");
    if (!typeNode.isString()) {
      throw new SafetensorsException(file, which + " has no dtype");
    }
    DType dtype = parseDType(file, which, typeNode.stringValue());
    List<Long> shape = parseLongs(file, which + " shape", node.path("shape"));
    List<Long> offsets = parseLongs(file, which + " data_offsets", node.path("data_offsets"));
    if (offsets.size() != 2) {
      throw new SafetensorsException(
          file, which + " data_offsets holds " + offsets.size() + " numbers, not 2");
    }
    long from = offsets.get(0);
    long to = offsets.get(1);
    if (from > to || to > dataBytes) {
      throw new SafetensorsException(
          file,
          "%s lies at bytes %d to %d, but the file holds %d bytes of data%s"
              .formatted(which, from, to, dataBytes, to > dataBytes ? " (truncated?)" : ""));
    }
    long bytes;
    try {
      bytes = Math.multiplyExact(SafetensorsTensor.count(shape), (long) dtype.byteSize());
    } catch (ArithmeticException e) {
      throw new SafetensorsException(
          file, which + " shape " + shape + " has more elements than any file could hold");
    }
    if (bytes != to - from) {
      throw new SafetensorsException(
          file,
          "%s of shape %s and dtype %s needs %d bytes, but its offsets span %d"
              .formatted(which, shape, dtype, bytes, to - from));
    }
    return new SafetensorsTensor(name, dtype, shape, from, to);
  }

  private static DType parseDType(Path file, String which, String name)
      throws SafetensorsException {
    try {
      // The format's names for the types we have are the names of our constants.
      return DType.valueOf(name);
    } catch (IllegalArgumentException e) {
      throw new SafetensorsException(
          file, which + " has dtype " + name + "; known: " + List.of(DType.values()));
    }
  }

  private static List<Long> parseLongs(Path file, String what, JsonNode node)
      throws SafetensorsException {
    if (!node.isArray()) {
      throw new SafetensorsException(file, what + " is no list of numbers");
    }
    List<Long> numbers = new ArrayList<>();
    for (JsonNode element : node.values()) {
      if (!element.isIntegralNumber() || !element.canConvertToLong() || element.asLong() < 0) {
        throw new SafetensorsException(
            file, what + " holds " + element + ", not a whole number from 0 to 2^63-1");
      }
      numbers.add(element.longValue());
    }
    return numbers;
  }

  /** The format forbids holes: bytes nobody names would be a place to hide things. */
  private static void requireNoGapOrOverlap(
      Path file, List<SafetensorsTensor> ordered, long dataBytes) throws SafetensorsException {
    long end = 0;
    String before = "the header";
    for (SafetensorsTensor tensor : ordered) {
      if (tensor.from() != end) {
        throw new SafetensorsException(
            file,
            "tensor \"%s\" starts at byte %d, but %s ends at %d (%s)"
                .formatted(
                    tensor.name(),
                    tensor.from(),
                    before,
                    end,
                    tensor.from() < end ? "they overlap" : "bytes between belong to nobody"));
      }
      end = tensor.to();
      before = "tensor \"" + tensor.name() + "\"";
    }
    if (end != dataBytes) {
      throw new SafetensorsException(
          file,
          "%s ends at byte %d, but the file holds %d bytes of data"
              .formatted(before, end, dataBytes));
    }
  }

  /** The header's bytes, padded with blanks so that the data after it starts 8-byte aligned. */
  byte[] toBytes() {
    ObjectNode root = JSON.createObjectNode();
    if (!metadata.isEmpty()) {
      ObjectNode node = root.putObject(METADATA);
      metadata.forEach(node::put);
    }
    for (SafetensorsTensor tensor : tensors.values()) {
      ObjectNode node = root.putObject(tensor.name());
      node.put("dtype", tensor.dtype().name());
      ArrayNode shape = node.putArray("shape");
      tensor.shape().forEach(shape::add);
      node.putArray("data_offsets").add(tensor.from()).add(tensor.to());
    }
    byte[] json = root.toString().getBytes(StandardCharsets.UTF_8);
    byte[] padded = new byte[(json.length + 7) & -8];
    Arrays.fill(padded, (byte) ' ');
    System.arraycopy(json, 0, padded, 0, json.length);
    return padded;
  }
}
