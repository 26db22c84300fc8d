/**
 * Sixty questions on neural networks, each answered by an experiment that can fail. Start with
 * {@link dev.lockstep.grill.Catalogue}; {@code lab} says what a question is, {@code evidence} what
 * an experiment finds, {@code item} what the drill asks, {@code toy} holds the networks, and one
 * package per topic the questions themselves.
 */
@NullMarked
package dev.lockstep.grill;

import org.jspecify.annotations.NullMarked;
