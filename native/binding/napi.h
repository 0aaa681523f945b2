// The one include of node-addon-api, with its defines: errors are C++ exceptions on this side of the boundary only.
#pragma once

#ifndef NAPI_VERSION
#define NAPI_VERSION 8
#endif
#define NAPI_CPP_EXCEPTIONS
#define NODE_ADDON_API_DISABLE_DEPRECATED
#include <napi.h>
