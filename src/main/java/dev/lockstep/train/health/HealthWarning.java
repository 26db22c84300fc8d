package dev.lockstep.train.health;

/**
 * A sign of trouble.
 *
 * @param place the layer or tensor it was seen at
 * @param text in words, which name the place
 */
public record HealthWarning(HealthRule rule, String place, String text) {}
