#pragma once

#include <net/if.h>

#include <array>

/** The name of a network interface, ending with zero. */
using InterfaceName = std::array<char, IFNAMSIZ>;
