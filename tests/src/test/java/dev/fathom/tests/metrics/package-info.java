/**
 * Depth metrics against the original evaluation code.
 */
package dev.fathom.tests.metrics;
