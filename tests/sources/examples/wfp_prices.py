"""Prices of maize at one market over seven months, the last of them high; beside it what is no price of a staple."""

from example import Example

_HEADER = (
    "date,admin1,admin2,market,latitude,longitude,category,commodity,unit,priceflag,pricetype,currency,price,usdprice\n"
    "#date,#adm1+name,#adm2+name,#loc+market+name,#geo+lat,#geo+lon,#item+type,#item+name,#item+unit,"
    "#item+price+flag,#item+price+type,#currency,#value,#value+usd\n"
)
_PLACE = "North,Alpha,Alpha Market,11.5,13.1"
_MAIZE = "cereals and tubers,Maize,2 KG,actual,Retail,XYZ"
_ROWS = (
    *(f"2024-{month:02}-15,{_PLACE},{_MAIZE},100,1.0\n" for month in range(1, 7)),
    f"2024-07-15,{_PLACE},{_MAIZE},150,1.5\n",
    f"2024-07-15,{_PLACE},{_MAIZE},150,1.5\n",
    f"2024-08-15,{_PLACE},{_MAIZE},0,0\n",
    f"2024-08-15,{_PLACE},cereals and tubers,Maize,2 KG,forecast,Retail,XYZ,170,1.7\n",
    f"2024-07-15,{_PLACE},oil and fats,Oil,L,actual,Retail,XYZ,90,0.9\n",
)

EXAMPLE = Example(
    name="wfp_food_prices_xyz.csv",
    content=(_HEADER + "".join(_ROWS)).encode(),
    read=10,  # oil is no staple
    quarantined={"price: not above zero": 1, "priceflag: not one of 'actual', 'aggregate', 'actual,aggregate'": 1},
    totals={
        "staple_price_anomaly": 50.0,  # 150 against six months at 100
        "staple_price_usd": 3.75,  # six months at 0.5 and one at 0.75
    },
    shuffled=(_HEADER + "".join(reversed(_ROWS))).encode(),
)
