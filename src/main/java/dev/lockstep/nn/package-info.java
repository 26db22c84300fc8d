/**
 * Layers with explicit forward and backward passes, and the models made of them. Start with {@link
 * dev.lockstep.nn.Model}: its two methods show the whole way of a training step's data. Weights
 * live in {@link dev.lockstep.nn.Parameters}; every activation is planned when a model is made for
 * a number of rows, so that a step allocates nothing.
 *
 * <p>In comments B is the number of rows, C the context, E the embedding's width, D the model's
 * width, H the hidden width, V the vocabulary.
 */
@NullMarked
package dev.lockstep.nn;

import org.jspecify.annotations.NullMarked;
