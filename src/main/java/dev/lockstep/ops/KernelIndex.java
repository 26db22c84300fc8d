package dev.lockstep.ops;

import java.io.InputStream;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What {@code kernels.json}, written beside the compiled kernels, says there is.
 *
 * @param images entry points by image name, both in the order of the file
 * @param resources what each entry takes, by its name and then by architecture, {@code sm_80}
 */
record KernelIndex(
    Map<String, Set<String>> images, Map<String, Map<String, KernelResources>> resources) {
  /** Reads the index. */
  static KernelIndex read(InputStream json) {
    Map<String, Set<String>> images = new LinkedHashMap<>();
    Map<String, Map<String, KernelResources>> resources = new HashMap<>();
    for (JsonNode image : JsonMapper.shared().readTree(json).required("images")) {
      Set<String> entries = new LinkedHashSet<>();
      for (JsonNode entry : image.required("entries")) {
        String entryName = entry.required("name").asString();
        entries.add(entryName);
        resources.put(entryName, resources(entry.path("resources")));
      }
      images.put(image.required("name").asString(), entries);
    }
    return new KernelIndex(images, resources);
  }

  private static Map<String, KernelResources> resources(JsonNode architectures) {
    Map<String, KernelResources> resources = new HashMap<>();
    architectures
        .properties()
        .forEach(
            one ->
                resources.put(
                    one.getKey(),
                    new KernelResources(
                        one.getValue().required("registers").asInt(),
                        one.getValue().required("sharedBytes").asInt(),
                        one.getValue().required("spillBytes").asInt())));
    return resources;
  }

  /**
   * The image that has an entry.
   *
   * @throws IllegalArgumentException when none has
   */
  String imageOf(String entry) {
    return images.entrySet().stream()
        .filter(image -> image.getValue().contains(entry))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no kernel image that is packaged has an entry \"%s\"".formatted(entry)));
  }

  /**
   * Refuses what is not there.
   *
   * @throws IllegalArgumentException that lists what is
   */
  void require(String image, String entry) {
    Set<String> entries = images.get(image);
    if (entries == null) {
      throw new IllegalArgumentException(
          "no kernel image \"%s\" is packaged; there are: %s"
              .formatted(image, String.join(", ", images.keySet())));
    }
    if (!entries.contains(entry)) {
      throw new IllegalArgumentException(
          "kernel image \"%s\" has no entry \"%s\"; it has: %s"
              .formatted(image, entry, String.join(", ", entries)));
    }
  }
}
