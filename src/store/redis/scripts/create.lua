return add(nil, nil)
